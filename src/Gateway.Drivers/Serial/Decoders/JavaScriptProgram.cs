using System.Text.Json;
using System.Text.RegularExpressions;
using Acornima;
using Acornima.Ast;
using Gateway.Abstractions.Definitions;
using Jint;
using Jint.Native;
using Jint.Runtime;
using SourceLocation = Gateway.Abstractions.Definitions.SourceLocation;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>What went wrong in a decoder.</summary>
/// <param name="Reason">The term that is published.</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="Line">The line of the decoder, from 1; 0: unknown.</param>
/// <param name="Column">The column, from 1; 0: unknown.</param>
internal sealed record DecoderFault(string Reason, string Message, int Line, int Column);

/// <summary>
/// A decoder that people wrote for The Things Network or ChirpStack: <c>decodeUplink({ bytes, fPort, recvTime })</c>
/// returns <c>{ data, errors, warnings }</c>. Each frame has an engine of its own, so nothing is kept between frames, and
/// bounds of steps, memory, depth and time; nothing of this program or the machine can be reached from it. Thread-safe.
/// </summary>
internal sealed class JavaScriptProgram
{
    /// <summary>The function that is called.</summary>
    public const string Function = "decodeUplink";

    /// <summary>The port that uplinks have where nothing says otherwise.</summary>
    public const int DefaultPort = 1;

    private const long MemoryLimit = 16_000_000;
    private const int StatementLimit = 100_000;
    private const int RecursionLimit = 64;

    // Steps and memory are what bounds a decoder: how long they take depends on what else the machine does. Time is for what has no steps.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RegexTimeLimit = TimeSpan.FromSeconds(1);

    private readonly Prepared<Script> _program;

    private JavaScriptProgram(in Prepared<Script> program) => _program = program;

    /// <summary>Reads a decoder, and runs the tests beside it; null if something is wrong, which is reported.</summary>
    public static JavaScriptProgram? Prepare(SourceFile file, ICollection<Diagnostic> diagnostics)
    {
        JavaScriptProgram program;
        try
        {
            program = new JavaScriptProgram(Engine.PrepareScript(file.Text, options: new() { ParsingOptions = new() { RegexTimeout = RegexTimeLimit } }));
        }
        catch (ScriptPreparationException exception) when (exception.InnerException is ParseErrorException fault)
        {
            diagnostics.Add(Diagnostic.Error(
                new SourceLocation(file.Path, fault.LineNumber, fault.Column + 1), $"this is not JavaScript: {fault.Error?.Description.TrimEnd('.')}"));
            return null;
        }

        if (program.FindBigInt() is { } literal)
        {
            diagnostics.Add(Diagnostic.Error(
                new SourceLocation(file.Path, literal.Line, literal.Column + 1), "there is no BigInt in a decoder, since nothing bounds how long it takes: use numbers, which are exact up to 2^53"));
            return null;
        }

        if (program.FindFault() is { } missing)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(file.Path, missing.Line, missing.Column), missing.Message));
            return null;
        }

        return file.Companion is null || DecoderTests.Run(program, file.Companion, diagnostics) ? program : null;
    }

    /// <summary>Decodes one frame.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="port">What <c>input.fPort</c> says.</param>
    /// <param name="time">What <c>input.recvTime</c> says.</param>
    /// <param name="output">What the function returned, if there is no fault.</param>
    /// <returns>What went wrong; null: nothing.</returns>
    public DecoderFault? Run(ReadOnlySpan<byte> bytes, int port, DateTimeOffset time, out JsonElement output)
    {
        output = default;
        var values = new JsValue[bytes.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = JsNumber.Create(bytes[i]);
        }

        JsonElement? result = null;
        var fault = Guard(engine =>
        {
            var input = new JsObject(engine);
            input.Set("bytes", new JsArray(engine, values));
            input.Set("fPort", port);
            input.Set("recvTime", new JsDate(engine, time));
            var returned = engine.Invoke(FunctionOf(engine), JsValue.Undefined, [input]);
            result = DecoderJson.Write(engine, returned) is { } json ? ReadJson(json) : null;
        });
        if (fault is not null)
        {
            return fault;
        }

        output = result.GetValueOrDefault();
        return output.ValueKind == JsonValueKind.Object
            ? null
            : new DecoderFault(SerialReasons.DecoderError, $"{Function} must return an object with 'data', such as {{ data: {{ temperature: 21.5 }} }}", 0, 0);
    }

    private static JsonElement ReadJson(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DecoderJson.DepthLimit });
        return document.RootElement.Clone();
    }

    // Declared as function, var, let or const.
    private static JsValue FunctionOf(Engine engine) => engine.Evaluate($"typeof {Function} === 'function' ? {Function} : undefined");

    // What makes a BigInt without a literal is withheld by the sandbox.
    private Position? FindBigInt()
    {
        var nodes = new Stack<Node>([_program.Program!]);
        while (nodes.TryPop(out var node))
        {
            if (node is BigIntLiteral)
            {
                return node.Location.Start;
            }

            foreach (var child in node.ChildNodes)
            {
                nodes.Push(child);
            }
        }

        return null;
    }

    // Runs what stands outside of functions, to see that it can be run and what it defines.
    private DecoderFault? FindFault()
    {
        var isThere = false;
        var fault = Guard(engine => isThere = !FunctionOf(engine).IsUndefined());
        return fault ?? (isThere ? null : new DecoderFault(SerialReasons.DecoderError, $"there is no function {Function}(input) in it", 0, 0));
    }

    private DecoderFault? Guard(Action<Engine> action)
    {
        try
        {
            using var engine = new Engine(Configure);
            DecoderSandbox.Bound(engine);
            engine.Execute(_program);
            action(engine);
            return null;
        }
        catch (JavaScriptException exception)
        {
            var at = exception.Location.Start;
            return new DecoderFault(SerialReasons.DecoderError, $"the decoder threw: {exception.Message.TrimEnd('.')}", at.Line, at.Column + 1);
        }
        catch (Exception exception) when (LimitOf(exception) is { } limit)
        {
            return new DecoderFault(SerialReasons.DecoderLimit, $"the decoder took more than {limit}", 0, 0);
        }
#pragma warning disable CA1031 // Whatever an interpreter makes of people's code, it costs one frame and not the line.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new DecoderFault(SerialReasons.DecoderError, $"the decoder failed: {exception.Message.TrimEnd('.')}", 0, 0);
        }
    }

    private static string? LimitOf(Exception exception) => exception switch
    {
        RegexMatchTimeoutException => $"{RegexTimeLimit.TotalSeconds} s for a regular expression",
        TimeoutException => $"{TimeLimit.TotalSeconds} s",
        MemoryLimitExceededException => $"{MemoryLimit / 1_000_000} MB",
        StatementsCountOverflowException => $"{StatementLimit} steps",
        RecursionDepthOverflowException => $"{RecursionLimit} calls within each other",
        _ => null,
    };

    private static void Configure(Options options)
    {
        options
            .MaxStatements(StatementLimit)
            .LimitMemory(MemoryLimit)
            .LimitRecursion(RecursionLimit)
            .TimeoutInterval(TimeLimit)
            .DisableStringCompilation();
        options.Constraints.MaxArraySize = DecoderSandbox.LengthLimit;
        options.Constraints.RegexTimeout = RegexTimeLimit;
        options.Constraints.StackOverflowGuard = true;
    }
}
