// How much memory the receiver has taken. That of the process says little: wrangler's part of it grows
// with every request, whatever the Worker does.

/** The memory of the newest WebAssembly instance. */
let memory;

const { Instance } = WebAssembly;

// This must run before the receiver's module does.
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  memory = instance.exports.memory;
  return instance;
};

export function wasmBytes() {
  return memory.buffer.byteLength;
}
