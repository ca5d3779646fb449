/* The scenario guarded-move-large. */
#define MESSAGES 2
#define FAULTS_MAX 3
#include "guarded-move.pml"
