# A stand-in for a build of Slicer, so that the extension can be configured and installed without one.
#
#   cmake -S . -B build/extension -D Slicer_DIR=Testing/CMake -D BUILD_TESTING=ON
#   cmake --install build/extension --prefix build/installed
#
# It keeps to what Slicer's macros do with the arguments that this extension gives them: a file that is not there is an
# error; every file goes to its own relative path below qt-scripted-modules, in the build tree and in the installed one;
# what lands outside (a path with "../") is not installed. Nothing is compiled.

set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/WriteMetadata.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/Nothing.cmake)
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR lib/Slicer-5.12/qt-scripted-modules)
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR ${Slicer_QTSCRIPTEDMODULES_LIB_DIR})
set(Slicer_LAUNCHER_EXECUTABLE Slicer)
