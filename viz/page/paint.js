// paint.js -- the colours, light and dark, from those of viz/draw/paint.c.

function parts_of(colour) {
    const value = parseInt(colour.slice(1), 16);
    return [value >> 16, value >> 8 & 255, value & 255];
}

function mix(colour, other, share) {
    const a = parts_of(colour), b = parts_of(other);
    const mixed = a.map((part, i) => Math.round(part + (b[i] - part) * share));
    return '#' + mixed.map((part) => part.toString(16).padStart(2, '0'))
        .join('').toUpperCase();
}

function luminance(colour) {
    const [r, g, b] = parts_of(colour).map((part) => {
        const c = part / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
}

// The colour itself, or as much lighter as it takes to be read on ground.
function readable(colour, ground) {
    let share = 0;
    while (contrast(mix(colour, '#FFFFFF', share), ground) < 4.6 && share < 1)
        share += 0.05;
    return mix(colour, '#FFFFFF', share);
}

const grounds = {
    light: {
        ground: '#FFFFFF', halo: '#FFFFFF', band: '#F4F4F4', down: '#E8E8E8',
        rule: '#E4E4E4', sides: ['#ECECEC', '#FBF1DC', '#E4F0F6'],
    },
    dark: {
        ground: '#15181C', halo: '#15181C', band: '#1E2228', down: '#33383F',
        rule: '#2C3138', sides: ['#262B31', '#322B1D', '#1B2C38'],
    },
};

function make_paint(data, dark) {
    const basic = dark ? grounds.dark : grounds.light;
    const of_term = (term) => data.terms[term === 0 ? 0 : 1 + (term - 1) % 6];
    const to_read = (colour) => dark ? readable(colour, basic.ground) : colour;
    const cache = new Map();
    const cached = (name, make) => (term) => {
        const key = name + (term === 0 ? 0 : 1 + (term - 1) % 6);
        if (!cache.has(key))
            cache.set(key, make(of_term(term)));
        return cache.get(key);
    };
    return {
        ...basic, dark,
        ink: dark ? '#E8E8E8' : data.ink,
        quiet: dark ? '#A6ABB2' : data.quiet,
        faint: dark ? '#5C636C' : data.faint,
        fault: to_read(data.fault),
        fill: cached('fill', ([fill]) => fill),
        line: cached('line', ([fill, line]) => dark ? to_read(fill) : line),
        text: cached('text', ([, , text]) => text),
        pale: cached('pale', ([fill]) => mix(fill, basic.ground, 0.45)),
        paler: cached('paler', ([fill]) => mix(fill, basic.ground, 0.68)),
    };
}
