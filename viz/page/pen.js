// pen.js -- one way to draw, on a canvas or into the text of an SVG.
//
// A pen has line, rect, polygon, circle, text, width (of a text), and
// begin/end around what belongs to one event. Coordinates are CSS pixels; a
// text's y is the middle of its line.

const FONT = 'Helvetica, Arial, sans-serif';

function font_of(style) {
    return `${style.bold ? 'bold ' : ''}${style.size}px ${FONT}`;
}

class CanvasPen {
    constructor(context) {
        this.context = context;
        this.widths = new Map();
        this.font = '';
    }

    begin() {}

    end() {}

    stroke_style(style) {
        const {context} = this;
        context.globalAlpha = style.alpha === undefined ? 1 : style.alpha;
        context.strokeStyle = style.colour;
        context.lineWidth = style.width || 1;
        context.setLineDash(style.dash || []);
    }

    line(x1, y1, x2, y2, style) {
        this.stroke_style(style);
        this.context.beginPath();
        this.context.moveTo(x1, y1);
        this.context.lineTo(x2, y2);
        this.context.stroke();
    }

    paint_path(style) {
        if (style.fill) {
            this.context.globalAlpha =
                style.alpha === undefined ? 1 : style.alpha;
            this.context.fillStyle = style.fill;
            this.context.fill();
        }
        if (style.colour) {
            this.stroke_style(style);
            this.context.stroke();
        }
    }

    rect(x, y, width, height, style) {
        this.context.beginPath();
        if (style.radius)
            this.context.roundRect(x, y, width, height, style.radius);
        else
            this.context.rect(x, y, width, height);
        this.paint_path(style);
    }

    polygon(points, style) {
        this.context.beginPath();
        points.forEach(([x, y], i) => {
            if (i === 0)
                this.context.moveTo(x, y);
            else
                this.context.lineTo(x, y);
        });
        this.context.closePath();
        this.paint_path(style);
    }

    circle(x, y, radius, style) {
        this.context.beginPath();
        this.context.arc(x, y, radius, 0, 2 * Math.PI);
        this.paint_path(style);
    }

    set_font(style) {
        const font = font_of(style);
        if (font !== this.font)
            this.context.font = this.font = font;
    }

    width(text, style) {
        const key = `${style.bold ? 'b' : ''}${style.size} ${text}`;
        let width = this.widths.get(key);
        if (width === undefined) {
            this.set_font(style);
            width = this.context.measureText(text).width;
            if (this.widths.size > 20000)
                this.widths.clear();
            this.widths.set(key, width);
        }
        return width;
    }

    text(x, y, text, style) {
        const {context} = this;
        this.set_font(style);
        context.globalAlpha = style.alpha === undefined ? 1 : style.alpha;
        context.fillStyle = style.colour;
        context.textAlign = style.align || 'left';
        context.textBaseline = 'middle';
        context.fillText(text, x, y + 0.5);
    }
}

function escape_xml(text) {
    const named = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};
    return String(text).replace(/[&<>"]/g, (c) => named[c])
        // What XML 1.0 cannot hold at all.
        .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/gu, (c) =>
            c.codePointAt(0) > 0xFFFF ? c : '\uFFFD');
}

class SvgPen {
    // Texts are measured by a pen that can.
    constructor(width, height, ground, measure) {
        this.measure = measure;
        this.parts = [
            `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" ` +
            `height="${height}" viewBox="0 0 ${width} ${height}" ` +
            `font-family="${FONT}">\n`,
            `<rect width="${width}" height="${height}" fill="${ground}"/>\n`,
        ];
    }

    begin(id, title) {
        this.parts.push(`<g class="${escape_xml(id)}">` +
            `<title>${escape_xml(title)}</title>\n`);
    }

    end() {
        this.parts.push('</g>\n');
    }

    number(value) {
        return String(Math.round(value * 10) / 10);
    }

    look(style) {
        let look = ` fill="${style.fill || 'none'}"`;
        if (style.colour)
            look += ` stroke="${style.colour}" ` +
                `stroke-width="${style.width || 1}"`;
        if (style.dash && style.dash.length > 0)
            look += ` stroke-dasharray="${style.dash.join(' ')}"`;
        return look + this.opacity(style);
    }

    opacity(style) {
        return style.alpha === undefined || style.alpha === 1
            ? '' : ` opacity="${style.alpha}"`;
    }

    line(x1, y1, x2, y2, style) {
        const [a, b, c, d] = [x1, y1, x2, y2].map(this.number);
        this.parts.push(`<line x1="${a}" y1="${b}" x2="${c}" y2="${d}"` +
            `${this.look({...style, fill: null})}/>\n`);
    }

    rect(x, y, width, height, style) {
        const [a, b, c, d] = [x, y, width, height].map(this.number);
        const radius = style.radius ? ` rx="${style.radius}"` : '';
        this.parts.push(`<rect x="${a}" y="${b}" width="${c}" ` +
            `height="${d}"${radius}${this.look(style)}/>\n`);
    }

    polygon(points, style) {
        const list = points.map(([x, y]) =>
            `${this.number(x)},${this.number(y)}`).join(' ');
        this.parts.push(`<polygon points="${list}"${this.look(style)}/>\n`);
    }

    circle(x, y, radius, style) {
        this.parts.push(`<circle cx="${this.number(x)}" ` +
            `cy="${this.number(y)}" r="${radius}"${this.look(style)}/>\n`);
    }

    width(text, style) {
        return this.measure.width(text, style);
    }

    text(x, y, text, style) {
        const anchor = {right: 'end', center: 'middle'}[style.align];
        this.parts.push(`<text x="${this.number(x)}" ` +
            `y="${this.number(y + style.size * 0.36)}" ` +
            `font-size="${style.size}"` +
            (style.bold ? ' font-weight="bold"' : '') +
            (anchor ? ` text-anchor="${anchor}"` : '') +
            ` fill="${style.colour}"${this.opacity(style)}>` +
            `${escape_xml(text)}</text>\n`);
    }

    finish() {
        return this.parts.join('') + '</svg>\n';
    }
}
