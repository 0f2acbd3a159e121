using System.Text;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <content>What a device says of itself, and requests of the caller's own making.</content>
public sealed partial class ModbusClient
{
    /// <summary>Reads the eight status bits whose meaning is the device's own. Function 7.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<(ModbusResult Result, byte Status)> ReadExceptionStatusAsync(ModbusUnit unit, CancellationToken cancellationToken = default)
    {
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.FunctionAlone(turn.Transaction.Begin(unit), FunctionCode.ReadExceptionStatus));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        return (result, result.IsSuccess ? turn.Transaction.ResponsePdu[1] : (byte)0);
    }

    /// <summary>Asks the device to send a value back. Function 8, sub-function 0.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> EchoAsync(ModbusUnit unit, ushort data, CancellationToken cancellationToken = default)
    {
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.Diagnostics(turn.Transaction.Begin(unit), subfunction: 0, data));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>Reads what a device counts of its line. Function 8. The value is 0 unless the result is a success.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<(ModbusResult Result, ushort Value)> ReadDiagnosticAsync(ModbusUnit unit, DiagnosticCounter counter, CancellationToken cancellationToken = default)
    {
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.Diagnostics(turn.Transaction.Begin(unit), (ushort)counter, data: 0));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        return (result, result.IsSuccess ? ResponseReader.ReadDiagnostic(turn.Transaction.ResponsePdu) : (ushort)0);
    }

    /// <summary>Has a device count anew, from 0, and clear its diagnostic register. Function 8, sub-function 10.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> ClearDiagnosticsAsync(ModbusUnit unit, CancellationToken cancellationToken = default)
    {
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.Diagnostics(turn.Transaction.Begin(unit), subfunction: 10, data: 0));
        return await ExecuteAsync(turn.Transaction, cancellationToken);
    }

    /// <summary>
    /// Reads what the device is. Function 17. The bytes' meaning is the device's own; commonly an id, FF while the device
    /// runs or 00, and a text. Empty unless the result is a success.
    /// </summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<(ModbusResult Result, byte[] Id)> ReportServerIdAsync(ModbusUnit unit, CancellationToken cancellationToken = default)
    {
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        turn.Transaction.Prepare(RequestWriter.FunctionAlone(turn.Transaction.Begin(unit), FunctionCode.ReportServerId));
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        return (result, result.IsSuccess ? turn.Transaction.ResponsePdu[2..].ToArray() : []);
    }

    /// <summary>
    /// Reads the device's identification, all of a category, in as many requests as it takes; at most 16. Function 43/14.
    /// </summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="category">How much of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How it ended, and what was read until then: texts by <see cref="IdentificationObject"/>.</returns>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<(ModbusResult Result, IReadOnlyDictionary<byte, string> Objects)> ReadIdentificationAsync(
        ModbusUnit unit, IdentificationCategory category = IdentificationCategory.Basic, CancellationToken cancellationToken = default)
    {
        const int maxRequests = 16;
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        var objects = new SortedDictionary<byte, string>();
        byte? next = 0;
        var result = new ModbusResult(ModbusStatus.Success);
        for (var i = 0; i < maxRequests && result.IsSuccess && next is { } from; i++)
        {
            turn.Transaction.Prepare(RequestWriter.Identification(turn.Transaction.Begin(unit), (byte)category, from));
            result = await ExecuteAsync(turn.Transaction, cancellationToken);
            next = result.IsSuccess ? ReadObjects(turn.Transaction.ResponsePdu, objects) : null;
        }

        return (result, objects);
    }

    /// <summary>Carries out a request of the caller's own making: a function of the device's own, or one that the client has no method for.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="requestPdu">From the function code on, 1 to 253 bytes.</param>
    /// <param name="responsePdu">Takes the answer, from the function code on; room for 253 bytes. Of an exception nothing is taken.</param>
    /// <param name="shape">How long the answer is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How it ended, and how many bytes the answer has.</returns>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<(ModbusResult Result, int Length)> SendAsync(
        ModbusUnit unit,
        ReadOnlyMemory<byte> requestPdu,
        Memory<byte> responsePdu,
        ResponseShape shape = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requestPdu.Length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(requestPdu.Length, ModbusLimits.MaxPduLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(responsePdu.Length, ModbusLimits.MaxPduLength);
        using var turn = TakeTurn();
        requestPdu.Span.CopyTo(turn.Transaction.Begin(unit));
        turn.Transaction.Prepare(requestPdu.Length, shape);
        var result = await ExecuteAsync(turn.Transaction, cancellationToken);
        if (!result.IsSuccess)
            return (result, 0);

        turn.Transaction.ResponsePdu.CopyTo(responsePdu.Span);
        return (result, turn.Transaction.ResponsePdu.Length);
    }

    // Answers where to go on; null at the end. What goes backwards would never end.
    private static byte? ReadObjects(ReadOnlySpan<byte> pdu, SortedDictionary<byte, string> objects)
    {
        var at = 7;
        var last = -1;
        for (var i = 0; i < pdu[6]; i++)
        {
            last = pdu[at];
            objects[pdu[at]] = Encoding.UTF8.GetString(pdu.Slice(at + 2, pdu[at + 1]));
            at += 2 + pdu[at + 1];
        }

        return pdu[4] == 0xFF && pdu[5] > last ? pdu[5] : null;
    }
}
