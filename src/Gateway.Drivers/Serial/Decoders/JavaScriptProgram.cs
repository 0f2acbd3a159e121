using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Jint;
using Jint.Native;
using Jint.Parser;
using Jint.Parser.Ast;
using Jint.Runtime;
using Jint.Runtime.Debugger;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>What went wrong in a decoder.</summary>
/// <param name="Reason">The term that is published.</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="Line">The line of the decoder, from 1; 0: unknown.</param>
/// <param name="Column">The column, from 1; 0: unknown.</param>
internal sealed record DecoderFault(string Reason, string Message, int Line, int Column);

/// <summary>
/// A decoder that people wrote for The Things Network or ChirpStack: <c>decodeUplink({ bytes, fPort, recvTime })</c>
/// returns <c>{ data, errors, warnings }</c>; ECMAScript 5.1. Each frame has an engine of its own, so nothing is kept
/// between frames, and bounds of time, memory, steps and depth; nothing of this program or the machine can be reached
/// from it. Thread-safe.
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
    private const int DepthLimit = 64;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromMilliseconds(500);

    private readonly Program _program;

    private JavaScriptProgram(Program program) => _program = program;

    /// <summary>Reads a decoder, and runs the tests beside it; null if something is wrong, which is reported.</summary>
    public static JavaScriptProgram? Prepare(SourceFile file, ICollection<Diagnostic> diagnostics)
    {
        JavaScriptProgram program;
        try
        {
            program = new JavaScriptProgram(new JavaScriptParser().Parse(file.Text));
        }
        catch (ParserException exception)
        {
            diagnostics.Add(Diagnostic.Error(
                new SourceLocation(file.Path, exception.LineNumber, exception.Column),
                $"this is not ECMAScript 5.1: {exception.Description?.TrimEnd('.')}; write 'var' and 'function' where newer JavaScript has 'let', 'const' and '=>'"));
            return null;
        }

        if (program.FindFault() is { } fault)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(file.Path, fault.Line, fault.Column), fault.Message));
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
            values[i] = new JsValue(bytes[i]);
        }

        JsonElement? result = null;
        var fault = Guard(engine =>
        {
            var input = engine.Object.Construct(Arguments.Empty);
            var list = engine.Array.Construct(Arguments.Empty);
            engine.Array.PrototypeObject.Push(list, values);
            input.Put("bytes", list, throwOnError: true);
            input.Put("fPort", new JsValue(port), throwOnError: true);
            input.Put("recvTime", engine.Date.Construct(time), throwOnError: true);
            var returned = engine.GetValue(Function).Invoke(input);
            var json = engine.Json.Stringify(JsValue.Undefined, [returned]);
            result = json.IsString() ? ReadJson(json.AsString()) : null;
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

    private static JsonElement ReadJson(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DepthLimit });
        return document.RootElement.Clone();
    }

    // Runs what stands outside of functions, to see that it can be run and what it defines.
    private DecoderFault? FindFault()
    {
        var isThere = false;
        var fault = Guard(engine => isThere = engine.GetValue(Function).Is<ICallable>());
        return fault ?? (isThere ? null : new DecoderFault(SerialReasons.DecoderError, $"there is no function {Function}(input) in it", 0, 0));
    }

    private DecoderFault? Guard(Action<Engine> action)
    {
        try
        {
            var engine = new Engine(Configure);
            var before = GC.GetAllocatedBytesForCurrentThread();
            engine.Step += (_, _) => GC.GetAllocatedBytesForCurrentThread() - before <= MemoryLimit ? StepMode.Into : throw new InsufficientMemoryException();
            engine.Execute(_program);
            action(engine);
            return null;
        }
        catch (JavaScriptException exception)
        {
            return new DecoderFault(SerialReasons.DecoderError, $"the decoder threw: {exception.Message.TrimEnd('.')}", exception.LineNumber, exception.Column + 1);
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
        TimeoutException => $"{TimeLimit.TotalMilliseconds} ms",
        InsufficientMemoryException => $"{MemoryLimit / 1_000_000} MB",
        StatementsCountOverflowException => $"{StatementLimit} steps",
        RecursionDepthOverflowException => $"{RecursionLimit} calls within each other",
        _ => null,
    };

    private static void Configure(Options options) => options
        .TimeoutInterval(TimeLimit)
        .MaxStatements(StatementLimit)
        .LimitRecursion(RecursionLimit)
        .DebugMode();
}
