// Cairo, for `CTypesetting`: where its headers and GLib's are.
#ifndef CCAIRO_SHIM_H
#define CCAIRO_SHIM_H

#include <cairo.h>

#endif
