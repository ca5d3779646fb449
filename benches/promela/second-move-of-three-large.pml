/* The scenario second-move-of-three-large. */
#define MAILBOXES 3
#define MESSAGES 3
#define OWNER_DELETES 1
#include "second-move.pml"
