using System.Text;
using Acornima.Ast;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>
/// Bounds what one step of a decoder can take. The engine counts memory between steps; a built-in function is one step, and some of them would take
/// gigabytes in it. Those are bounded here, and what no decoder needs is taken away. What calls a built-in function is JavaScript itself: each call
/// from this program into the engine would begin to count steps and time anew.
/// </summary>
internal static class DecoderSandbox
{
    /// <summary>The longest text that a built-in function makes, in characters.</summary>
    public const int LengthLimit = 1_000_000;

    /// <summary>The longest text that is searched, the longest pattern, in characters; and the longest list that is joined.</summary>
    private const int SearchLimit = 65_536;

    private const int JoinDepth = 64;

    // What can wait, has memory that is not counted, or says another length each time that it is asked; and all that makes a BigInt, of which one product or one
    // text takes minutes in one step.
    private static readonly string[] Withheld =
        ["Atomics", "SharedArrayBuffer", "ArrayBuffer", "FinalizationRegistry", "WeakRef", "Proxy", "BigInt", "BigInt64Array", "BigUint64Array", "Temporal", "Intl"];

    private static readonly Prepared<Script> Bounds = Engine.PrepareScript(
        $$"""
        (function (refuse) {
          'use strict';
          const { apply, construct } = Reflect, { from, isArray } = Array, { isView } = ArrayBuffer, Buffer = ArrayBuffer, { indexOf } = String.prototype;
          const most = {{LengthLimit}}, longest = {{SearchLimit}};
          const wrap = (owner, name, check) => {
            const native = owner[name];
            Object.defineProperty(owner, name, { value(...args) { check(this, args); return apply(native, this, args); } });
          };
          const wrapType = (name, check) => {
            const type = globalThis[name];
            const bounded = new Proxy(type, {
              construct: (target, args, made) => construct(target, check(args), made === bounded ? target : made),
              apply: (target, self, args) => apply(target, self, check(args)),
            });
            globalThis[name] = bounded;
            type.prototype.constructor = bounded;
          };
          const search = (text) => { if (typeof text === 'string' && text.length > longest) { refuse(); } };
          const replace = (text, args, at) => {
            text = `${text}`;
            search(text);
            if (typeof args[at] === 'function') { return; }
            const by = args[at] = `${args[at]}`;
            const isAround = apply(indexOf, by, ['$`']) >= 0 || apply(indexOf, by, ["$'"]) >= 0;
            if ((text.length + 1) * by.length * (isAround ? text.length : 1) > most) { refuse(); }
          };
          const size = (args) => {
            const first = args[0];
            if (first === null || typeof first !== 'object') {
              if (first > most) { refuse(); }
              return args;
            }
            return isArray(first) || isView(first) || first instanceof Buffer ? args : [from(first)];
          };
          for (const name of ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Float16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array']) {
            if (globalThis[name]) { wrapType(name, size); }
          }
          wrapType('RegExp', (args) => { search(args[0]); return args; });
          wrap(String.prototype, 'repeat', (self, args) => { if (`${self}`.length * (args[0] = +args[0]) > most) { refuse(); } });
          for (const name of ['match', 'matchAll', 'search', 'split']) {
            wrap(String.prototype, name, (self, args) => { search(`${self}`); search(args[0]); });
          }
          wrap(RegExp.prototype, Symbol.match, (self, args) => { search(args[0] = `${args[0]}`); });
          wrap(RegExp.prototype, Symbol.replace, (self, args) => { replace(args[0] = `${args[0]}`, args, 1); });
          for (const name of ['replace', 'replaceAll']) { wrap(String.prototype, name, (self, args) => { replace(self, args, 1); }); }
          wrap(Array.prototype, 'concat', (self, args) => {
            for (let i = -1; i < args.length; i++) {
              const list = i < 0 ? self : args[i];
              if (isArray(list) && list.length > most) { refuse(); }
            }
          });
          for (const name of ['escape', 'encodeURI', 'encodeURIComponent']) { wrap(globalThis, name, (self, args) => { search(args[0] = `${args[0]}`); }); }
          for (const name of ['getBigInt64', 'getBigUint64', 'setBigInt64', 'setBigUint64']) { delete DataView.prototype[name]; }
          for (const name of ['constructor', 'resize', 'transfer', 'transferToFixedLength', 'transferToImmutable']) { delete Buffer.prototype[name]; }
          delete RegExp.prototype.compile;
          delete String.raw;
          delete Array.prototype.toLocaleString;
          delete Object.getPrototypeOf(Int8Array.prototype).toLocaleString;
        })
        """);

    /// <summary>Bounds an engine, before anything of a decoder runs in it.</summary>
    public static void Bound(Engine engine)
    {
        engine.Invoke(engine.Evaluate(Bounds), JsValue.Undefined, [new ClrFunction(engine, "refuse", (_, _) => throw new MemoryLimitExceededException("text"))]);
        Replace(engine, PrototypeOf(engine, "String"), "concat", (self, arguments) => arguments.Aggregate(new StringBuilder(TypeConverter.ToString(self)), Append).ToString());
        var joined = new HashSet<ObjectInstance>(ReferenceEqualityComparer.Instance);
        foreach (var list in new[] { PrototypeOf(engine, "Array"), PrototypeOf(engine, "Int8Array").Prototype! })
        {
            Replace(engine, list, "join", (self, arguments) => Join(self as ObjectInstance ?? throw new JavaScriptException(engine.Intrinsics.TypeError, "only a list can be joined"), arguments.ElementAtOrDefault(0), joined));
        }

        var json = engine.GetValue("JSON").AsObject();
        json.Set("stringify", new ClrFunction(engine, "stringify", (_, arguments) =>
            arguments.Length > 1 && !arguments[1].IsUndefined() && !arguments[1].IsNull()
                ? throw new JavaScriptException(engine.Intrinsics.TypeError, "JSON.stringify takes a value and nothing else in a decoder")
                : DecoderJson.Write(engine, arguments.ElementAtOrDefault(0) ?? JsValue.Undefined) is { } written ? new JsString(Encoding.UTF8.GetString(written.Span)) : JsValue.Undefined));
        foreach (var name in Withheld)
        {
            engine.Global.Delete(name);
        }
    }

    private static ObjectInstance PrototypeOf(Engine engine, string type) => engine.GetValue(type).Get("prototype").AsObject();

    private static void Replace(Engine engine, ObjectInstance owner, string name, Func<JsValue, JsValue[], string> function) =>
        owner.Set(name, new ClrFunction(engine, name, (self, arguments) => new JsString(function(self, arguments))));

    private static StringBuilder Append(StringBuilder text, JsValue value)
    {
        var more = TypeConverter.ToString(value);
        return text.Length + (long)more.Length <= LengthLimit ? text.Append(more) : throw new MemoryLimitExceededException("text");
    }

    // Lists within lists come back here, each as a text of its own; one that is within itself is nothing there, as everywhere in JavaScript.
    private static string Join(ObjectInstance list, JsValue? separator, HashSet<ObjectInstance> joined)
    {
        if (joined.Count >= JoinDepth)
        {
            throw new MemoryLimitExceededException("join");
        }

        if (!joined.Add(list))
        {
            return "";
        }

        try
        {
            var between = separator is null || separator.IsUndefined() ? "," : TypeConverter.ToString(separator);
            var length = TypeConverter.ToInteger(list.Get("length"));
            var text = new StringBuilder();
            for (var i = 0; i < length; i++)
            {
                if (i > SearchLimit || text.Length + (long)between.Length > LengthLimit)
                {
                    throw new MemoryLimitExceededException("join");
                }

                text.Append(i == 0 ? "" : between);
                var item = list.Get(i);
                if (!item.IsUndefined() && !item.IsNull())
                {
                    Append(text, item);
                }
            }

            return text.ToString();
        }
        finally
        {
            joined.Remove(list);
        }
    }
}
