/* The scenario second-move-of-three. */
#define MAILBOXES 3
#define MESSAGES 2
#define OWNER_DELETES 1
#define LOGON
#define SOURCE_DELETE_BEFORE_DIRECTORY
#define DUPLICATE_ABORT_REMOVES_SOURCE
#include "second-move.pml"
