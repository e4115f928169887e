# What Slicer would put into the description of the package: each variable on its own line, in metadata.txt.
get_cmake_property(_variables VARIABLES)
list(FILTER _variables INCLUDE REGEX "^EXTENSION_")
set(_text "EXTENSION_NAME=${PROJECT_NAME}\n")
foreach(_variable IN LISTS _variables)
  string(APPEND _text "${_variable}=${${_variable}}\n")
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/metadata.txt "${_text}")
