// net.js -- the network of glassraft play as a picture: servers on a circle,
// links between them, messages in flight on the links. Click a message to
// choose it; drag from server to server, or click a link, to cut or mend it.

const NET = {width: 400, height: 300, middle: [200, 150], far: [130, 108],
    radius: 27};

function svg_element(name, attributes, ...children) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes))
        node.setAttribute(key, value);
    node.append(...children);
    return node;
}

// S1 at the top, the others clockwise.
function place_of(server, n) {
    const angle = 2 * Math.PI * server / n - Math.PI / 2;
    return [NET.middle[0] + (n > 1 ? NET.far[0] * Math.cos(angle) : 0),
        NET.middle[1] + (n > 1 ? NET.far[1] * Math.sin(angle) : 0)];
}

function point_on(a, b, share, aside) {
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const long = Math.hypot(dx, dy) || 1;
    return [a[0] + dx * share - dy / long * aside,
        a[1] + dy * share + dx / long * aside];
}

const short_names = {RequestVote: 'vote', AppendEntries: 'append',
    InstallSnapshot: 'snapshot'};

class Net {
    constructor(hands, svg) {
        this.hands = hands;
        this.svg = svg;
        this.from = -1; // the server that is dragged from
        svg.addEventListener('pointermove', (event) => this.pull(event));
        svg.addEventListener('pointerup', (event) => this.let_go(event));
        svg.addEventListener('pointerleave', () => this.forget());
    }

    draw() {
        const {model, flight} = this.hands, n = model.servers.length;
        this.places = model.servers.map((server, i) => place_of(i, n));
        const links = [];
        for (let a = 0; a < n; a++)
            for (let b = a + 1; b < n; b++)
                links.push(this.link(a, b));
        const crowd = new Map(); // messages on a way, so far
        this.svg.replaceChildren(...links,
            ...model.servers.map((server, i) => this.server(server, i)),
            ...flight.map((message) => this.message(message, crowd)));
    }

    link(a, b) {
        const cut = this.hands.is_cut(a, b);
        const [[x1, y1], [x2, y2]] = [this.places[a], this.places[b]];
        const what = `link between S${a + 1} and S${b + 1}`;
        const grip = svg_element('line', {x1, y1, x2, y2, class: 'grip',
            tabindex: 0, role: 'button', 'aria-pressed': cut,
            'aria-label': `${what}, ${cut ? 'cut: mend it' : 'cut it'}`,
            'data-link': `${a + 1}-${b + 1}`});
        const toggle = () => this.hands.toggle_link(a, b);
        grip.addEventListener('click', toggle);
        grip.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' || event.key === ' ') {
                event.preventDefault();
                toggle();
            }
        });
        return svg_element('g', {},
            svg_element('line', {x1, y1, x2, y2,
                class: cut ? 'link cut' : 'link'}), grip);
    }

    server(server, i) {
        const [cx, cy] = this.places[i], {paint} = this.hands.page;
        const role = !server.up ? 'down' : server.paused ? 'paused'
            : server.role;
        const group = svg_element('g', {class: `server ${role}`,
            'data-server': i + 1},
        svg_element('title', {}, `S${i + 1}: ${role}, term ` +
            `${server.current_term}`),
        svg_element('circle', {cx, cy, r: NET.radius,
            fill: server.role === 'leader'
                ? paint.fill(server.current_term)
                : paint.paler(server.current_term)}));
        const leads = server.up && server.role === 'leader';
        const dark = leads ? paint.text(server.current_term) : '';
        const text = (dy, name, what) => {
            const node = svg_element('text', {x: cx, y: cy + dy,
                class: name}, what);
            node.style.fill = dark;
            return node;
        };
        group.append(text(-1, 'name', `S${i + 1}`),
            text(13, '', `T${server.current_term}`));
        const below = svg_element('text', {x: cx, y: cy + NET.radius + 14},
            role);
        group.append(below);
        group.addEventListener('pointerdown', (event) => {
            this.from = i;
            event.preventDefault();
        });
        return group;
    }

    message(message, crowd) {
        const [a, b] = message.reply ? [message.to, message.from]
            : [message.from, message.to];
        const way = `${a}-${b}`, before = crowd.get(way) || 0;
        crowd.set(way, before + 1);
        const [x, y] = point_on(this.places[a], this.places[b],
            0.36 + 0.09 * (before % 3), 13 + 16 * Math.floor(before / 3));
        const words = message.reply ? 'reply'
            : short_names[message.method] || message.method;
        const label = `${words} →S${b + 1}`, wide = 7 + 5.9 * label.length;
        const group = svg_element('g', {class: 'message' +
            (message.reply ? ' reply' : '') + (message.held ? ' held' : '') +
            (this.hands.chosen === message.name ? ' chosen' : ''),
        tabindex: 0, role: 'button', 'data-message': message.name,
        'aria-label': message.name},
        svg_element('title', {}, message.name),
        svg_element('rect', {x: x - wide / 2, y: y - 9, width: wide,
            height: 18}),
        svg_element('text', {x, y: y + 4}, label));
        group.addEventListener('click', () => this.hands.choose(message.name));
        group.addEventListener('dblclick', () =>
            this.hands.act(`deliver ${message.name}`));
        group.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' || event.key === ' ') {
                event.preventDefault();
                this.hands.choose(message.name);
            }
        });
        return group;
    }

    // ------------------------------------------------------- dragging

    at(event) {
        const box = this.svg.getBoundingClientRect();
        const scale = Math.min(box.width / NET.width, box.height / NET.height);
        return [(event.clientX - box.left - box.width / 2) / scale +
            NET.width / 2,
        (event.clientY - box.top - box.height / 2) / scale + NET.height / 2];
    }

    pull(event) {
        if (this.from < 0)
            return;
        const [x1, y1] = this.places[this.from], [x2, y2] = this.at(event);
        this.svg.querySelector('.pull')?.remove();
        this.svg.append(svg_element('line', {x1, y1, x2, y2, class: 'pull'}));
    }

    let_go(event) {
        const {from} = this, [x, y] = this.at(event);
        this.forget();
        const to = this.places.findIndex(([px, py]) =>
            Math.hypot(px - x, py - y) < NET.radius + 4);
        if (from >= 0 && to >= 0 && from !== to)
            this.hands.toggle_link(Math.min(from, to), Math.max(from, to));
    }

    forget() {
        this.from = -1;
        this.svg.querySelector('.pull')?.remove();
    }
}
