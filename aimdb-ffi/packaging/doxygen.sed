# Makes the comments of aimdb.h doxygen's: the first is that of the file, one behind code is about that code, one
# that begins a line is about what follows. Headings stay as they are.
1s|^/\* |/** @file\n * |
/^\/\* -+ /b
s|^( *)/\* |\1/** |
s|([;,0-9]) +/\* (.*)\*/$|\1 /**< \2*/|
