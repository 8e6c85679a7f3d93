#include "CTypesetting.h"

#include <pango/pangocairo.h>

static void set_color(cairo_t *cairo, uint32_t color) {
    cairo_set_source_rgb(cairo, (color >> 16 & 0xFF) / 255.0, (color >> 8 & 0xFF) / 255.0, (color & 0xFF) / 255.0);
}

/// One paragraph that begins at the left, whatever is written in it.
static PangoLayout *new_layout(const char *text, struct ra_ink ink) {
    PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    PangoLayout *layout = pango_layout_new(context);
    g_object_unref(context);
    PangoFontDescription *font = pango_font_description_from_string("sans-serif");
    pango_font_description_set_absolute_size(font, (double)ink.size * PANGO_SCALE);
    if (ink.bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static cairo_surface_t *new_surface(struct ra_canvas canvas) {
    return cairo_image_surface_create_for_data(
        (unsigned char *)canvas.pixels, CAIRO_FORMAT_RGB24, canvas.width, canvas.height, canvas.width * 4);
}

/// What was drawn is in the caller's memory from here on.
static void finish(cairo_t *cairo, cairo_surface_t *surface) {
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
}

int ra_text_width(const char *text, struct ra_ink ink) {
    PangoLayout *layout = new_layout(text, ink);
    int width = 0;
    pango_layout_get_pixel_size(layout, &width, NULL);
    g_object_unref(layout);
    return width;
}

void ra_text_draw(struct ra_canvas canvas, struct ra_box box, const char *text, struct ra_ink ink, bool centred) {
    PangoLayout *layout = new_layout(text, ink);
    pango_layout_set_width(layout, box.width * PANGO_SCALE);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    if (centred) pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    int height = 0;
    pango_layout_get_pixel_size(layout, NULL, &height);

    cairo_surface_t *surface = new_surface(canvas);
    cairo_t *cairo = cairo_create(surface);
    cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
    cairo_clip(cairo);
    set_color(cairo, ink.color);
    cairo_move_to(cairo, box.x, box.y + (box.height - height) / 2);
    pango_cairo_show_layout(cairo, layout);
    finish(cairo, surface);
    g_object_unref(layout);
}

void ra_box_fill(struct ra_canvas canvas, struct ra_box box, int radius, uint32_t color) {
    cairo_surface_t *surface = new_surface(canvas);
    cairo_t *cairo = cairo_create(surface);
    double left = box.x + radius, right = box.x + box.width - radius;
    double top = box.y + radius, bottom = box.y + box.height - radius;
    cairo_arc(cairo, right, top, radius, -G_PI_2, 0);
    cairo_arc(cairo, right, bottom, radius, 0, G_PI_2);
    cairo_arc(cairo, left, bottom, radius, G_PI_2, G_PI);
    cairo_arc(cairo, left, top, radius, G_PI, G_PI + G_PI_2);
    cairo_close_path(cairo);
    set_color(cairo, color);
    cairo_fill(cairo);
    finish(cairo, surface);
}
