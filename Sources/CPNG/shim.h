// libpng's simplified interface. It catches its own longjmp, which Swift frames must never see.
#ifndef CPNG_SHIM_H
#define CPNG_SHIM_H

#include <png.h>

// A BGR picture of the given size; `stride` in bytes. NULL `memory` asks for the size only.
static inline int cpng_write_bgr(unsigned width, unsigned height, const void *pixels, int stride,
                                 void *memory, size_t *byte_count) {
    png_image image = { .version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_BGR,
                        .flags = PNG_IMAGE_FLAG_FAST };
    return png_image_write_to_memory(&image, memory, byte_count, 0, pixels, stride, NULL);
}

// The size of a PNG in memory; 0 when it is none.
static inline int cpng_size(const void *memory, size_t byte_count, unsigned *width, unsigned *height) {
    png_image image = { .version = PNG_IMAGE_VERSION };
    if (!png_image_begin_read_from_memory(&image, memory, byte_count)) return 0;
    *width = image.width;
    *height = image.height;
    png_image_free(&image);
    return 1;
}

// Reads a PNG of a size already known as BGRA, 4 × width bytes a row.
static inline int cpng_read_bgra(const void *memory, size_t byte_count, void *pixels, size_t pixel_bytes) {
    png_image image = { .version = PNG_IMAGE_VERSION };
    if (!png_image_begin_read_from_memory(&image, memory, byte_count)) return 0;
    image.format = PNG_FORMAT_BGRA;
    if (PNG_IMAGE_SIZE(image) != pixel_bytes) { png_image_free(&image); return 0; }
    return png_image_finish_read(&image, NULL, pixels, 0, NULL);
}

#endif
