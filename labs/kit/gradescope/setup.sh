#!/bin/sh
# setup.sh -- builds the grader into Gradescope's image, once for an assignment.
#
# Gradescope unpacks the autograder into /autograder/source and runs this as
# root. AUTOGRADER_ROOT is another root than /autograder, for trying it out.
set -e
source=${AUTOGRADER_ROOT:-/autograder}/source
cd "$source"
rm -rf @ARCHIVE@
tar -xzf @ARCHIVE@.tar.gz
cd @ARCHIVE@
.ci/deps
make -s -j "$(nproc)" all CFLAGS="$CFLAGS"
build/glassraft doctor
# A submission runs as nobody, and has to get here.
chmod a+rx "$source/.." "$source" "$source/@ARCHIVE@"
