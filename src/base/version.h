// version.h -- the version of Glassraft, in one place.
#ifndef GLASSRAFT_VERSION_H
#define GLASSRAFT_VERSION_H

#define GLASSRAFT_VERSION "0.1.0"

#endif
