// Measures the memory of the receiver. That of the process says little: Miniflare's part of it
// grows with every request, whatever the Worker does.

/** The memory of the newest WebAssembly instance. */
let memory;

const { Instance } = WebAssembly;

// This must run before the receiver's module.
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  memory = instance.exports.memory;
  return instance;
};

export function wasmBytes() {
  return memory.buffer.byteLength;
}

/** How many bytes are allocated for chunks of bodies that have not arrived yet. */
let buffers = 0;

const { read } = ReadableStreamBYOBReader.prototype;

ReadableStreamBYOBReader.prototype.read = function (view) {
  const { byteLength } = view;
  buffers += byteLength;
  const piece = read.call(this, view);
  const came = () => { buffers -= byteLength; };
  piece.then(came, came);
  return piece;
};

export function bufferBytes() {
  return buffers;
}
