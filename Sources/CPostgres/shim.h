// libpq, the client library of PostgreSQL; Swift imports what we use as it is.
#pragma once
#include <libpq-fe.h>
