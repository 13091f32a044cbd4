/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One element a call. Looks are attributes, not a style sheet: what imports
 * SVG into slides understands these best.
 */
#include "user/export/svg_draw.h"

#include <string.h>

#include "user/base/utf8.h"
#include "user/export/svg_layout.h"

#define SANS "system-ui,'DejaVu Sans','Noto Sans CJK SC','Noto Sans SC',sans-serif"
#define MONO "'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace"

static void put_code(FILE *stream, const char *text, int length, uint32_t code)
{
	switch (code) {
	case '<':
		fputs("&lt;", stream);
		break;
	case '>':
		fputs("&gt;", stream);
		break;
	case '&':
		fputs("&amp;", stream);
		break;
	case '"':
		fputs("&quot;", stream);
		break;
	default:
		/* XML 1.0, section 2.2: these two are no characters of a document. */
		if (utf8_steers(code) || code == 0xfffe || code == 0xffff)
			fputs("\xef\xbf\xbd", stream);
		else
			fwrite(text, 1, (size_t)length, stream);
	}
}

void svg_escape(FILE *stream, const char *text)
{
	size_t left = strlen(text);
	uint32_t code;
	int length;

	for (; left; text += length, left -= (size_t)length) {
		length = utf8_decode(text, left, &code);
		if (!length) {
			length = 1;
			code = 0xffff;
		}
		put_code(stream, text, length, code);
	}
}

static void put_patterns(FILE *stream)
{
	fputs("<defs>\n", stream);
	for (int i = 0; i < BAND_COUNT; i++) {
		const struct svg_band_look *look = &svg_bands[i];

		if (!look->pattern)
			continue;
		fprintf(stream,
			"<pattern id=\"band%d\" width=\"8\" height=\"8\" "
			"patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" "
			"fill=\"%s\"/><path d=\"%s\" stroke=\"%s\" fill=\"none\"/></pattern>\n",
			i, look->fill, look->pattern, look->stroke);
	}
	fprintf(stream,
		"<pattern id=\"lost\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<rect width=\"6\" height=\"6\" fill=\"#fff\"/><path d=\"M0 0l6 6M6 0l-6 6\" "
		"stroke=\"%s\"/></pattern>\n</defs>\n",
		SVG_LOST);
}

void svg_open(struct svg *svg, const char *title, const char *description)
{
	fprintf(svg->stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t d\" xml:lang=\"%s\" "
		"font-family=\"%s\" fill=\"%s\">\n<title id=\"t\">",
		svg_layout.width, svg_layout.height, svg_layout.width, svg_layout.height,
		svg->lang == LANG_ZH ? "zh" : "en", SANS, SVG_INK);
	svg_escape(svg->stream, title);
	fputs("</title>\n<desc id=\"d\">", svg->stream);
	svg_escape(svg->stream, description);
	fputs("</desc>\n", svg->stream);
	put_patterns(svg->stream);
	svg_rect(svg, 0, 0, svg_layout.width, svg_layout.height, "#fff");
}

void svg_close(struct svg *svg)
{
	fputs("</svg>\n", svg->stream);
}

static void put_rect(struct svg *svg, double x, double y, double width, double height,
		     const char *fill)
{
	fprintf(svg->stream,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"", x, y,
		width, height, fill);
}

void svg_rect(struct svg *svg, double x, double y, double width, double height, const char *fill)
{
	put_rect(svg, x, y, width, height, fill);
	fputs("/>\n", svg->stream);
}

void svg_rect_tip(struct svg *svg, double x, double y, double width, double height,
		  const char *fill, const char *tip)
{
	put_rect(svg, x, y, width, height, fill);
	fputs("><title>", svg->stream);
	svg_escape(svg->stream, tip);
	fputs("</title></rect>\n", svg->stream);
}

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, const char *stroke,
	      double width, const char *dash)
{
	fprintf(svg->stream,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
		"stroke-width=\"%.1f\"",
		x1, y1, x2, y2, stroke, width);
	if (dash)
		fprintf(svg->stream, " stroke-dasharray=\"%s\"", dash);
	fputs("/>\n", svg->stream);
}

static const char *color_of(int style)
{
	if (style & SVG_WHITE)
		return "#fff";
	if (style & SVG_RED)
		return SVG_BAD;
	return style & SVG_DIM ? SVG_MUTED : NULL;
}

void svg_text(struct svg *svg, double x, double y, int size, enum svg_anchor anchor, int style,
	      const char *text)
{
	static const char *const anchors[] = { "start", "middle", "end" };
	const char *color = color_of(style);

	fprintf(svg->stream, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\"", x, y, size);
	if (anchor != ANCHOR_START)
		fprintf(svg->stream, " text-anchor=\"%s\"", anchors[anchor]);
	if (color)
		fprintf(svg->stream, " fill=\"%s\"", color);
	if (style & SVG_BOLD)
		fputs(" font-weight=\"bold\"", svg->stream);
	if (style & SVG_MONO)
		fprintf(svg->stream, " font-family=\"%s\"", MONO);
	if (style & SVG_HALO)
		fputs(" paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\"4\" "
		      "stroke-linejoin=\"round\"",
		      svg->stream);
	fputc('>', svg->stream);
	svg_escape(svg->stream, text);
	fputs("</text>\n", svg->stream);
}

/* Thousandths of the font size, as wide sans-serif fonts have them. */
static int advance(uint32_t code)
{
	if (code >= 0x1100)
		return 1000;
	if (code >= 0x80 || !code)
		return 650;
	if (strchr(" .,:;ijl|!'I", (int)code))
		return 320;
	if (strchr("()[]{}frt-/\"", (int)code))
		return 410;
	if (strchr("mwMW%@#=+<>&", (int)code))
		return 900;
	return code >= 'A' && code <= 'Z' ? 710 : 625;
}

static double width_of(uint32_t code, int size, bool bold)
{
	return advance(code) * (bold ? 1.13 : 1.0) * size / 1000;
}

double svg_text_width(const char *text, int size, bool bold)
{
	size_t left = strlen(text);
	double width = 0;
	uint32_t code;
	int length;

	for (; left; text += length, left -= (size_t)length) {
		length = utf8_decode(text, left, &code);
		if (!length) {
			length = 1;
			code = 0;
		}
		width += width_of(code, size, bold);
	}
	return width;
}

/* No line begins with what closes the one before it. */
static bool may_begin_line(uint32_t code)
{
	static const uint32_t closing[] = { 0x3001, 0x3002, 0xff01, 0xff09, 0xff0c,
					    0xff1a, 0xff1b, 0xff1f, 0x201d, 0x300b };

	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++) {
		if (closing[i] == code)
			return false;
	}
	return code >= 0x1100;
}

/* "31 %" stays together. */
static bool may_break(const char *at, uint32_t code)
{
	return code == ' ' ? at[1] != '%' : may_begin_line(code);
}

/* Bytes of text that one line holds; *skip more are the blank at its end. */
static size_t line_length(const char *text, int size, bool bold, double width, size_t *skip)
{
	size_t at = 0, best = 0, total = strlen(text);
	double used = 0;
	uint32_t code;
	int length;

	*skip = 0;
	for (; at < total; at += (size_t)length) {
		length = utf8_decode(text + at, total - at, &code);
		if (!length)
			length = 1;
		if (at && may_break(text + at, code)) {
			best = at;
			*skip = code == ' ';
		}
		used += width_of(code, size, bold);
		/* Blanks may stand beyond the width, but not beyond the memory of a line. */
		if ((code != ' ' && used > width) || at + (size_t)length >= SVG_LINE_SIZE)
			return best ? best : at ? at : (size_t)length;
	}
	*skip = 0;
	return total;
}

int svg_wrap(char lines[SVG_LINES][SVG_LINE_SIZE], const char *text, int size, bool bold,
	     double width)
{
	int count = 0;

	while (*text && count < SVG_LINES) {
		size_t skip, length = line_length(text, size, bold, width, &skip);

		memcpy(lines[count], text, length);
		lines[count++][length] = '\0';
		text += length + skip;
	}
	return count;
}
