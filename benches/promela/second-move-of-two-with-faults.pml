/* The scenario second-move-of-two-with-faults. */
#define MAILBOXES 2
#define MESSAGES 2
#define OWNER_DELETES 1
#define LOGON
#define FAULTS_MAX 2
#define SOURCE_DELETE_BEFORE_DIRECTORY
#define DUPLICATE_ABORT_REMOVES_SOURCE
#include "second-move.pml"
