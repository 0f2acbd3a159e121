using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Modbus;

/// <summary>Answers requests by passing them on.</summary>
/// <param name="relay">Carries a request.</param>
/// <param name="isReadOnly">Whether all but the functions that read are refused.</param>
/// <param name="isSilent">Whether what no device answers is not answered: on a serial line others may be meant, or may answer.</param>
internal sealed class ModbusProxy(ModbusRelay relay, bool isReadOnly, bool isSilent) : IModbusRequestHandler
{
    private const byte ReadDeviceIdentification = 14; // the MEI type, §6.21

    public async ValueTask<int> HandleAsync(ModbusRequest request, Memory<byte> responsePdu, CancellationToken cancellationToken)
    {
        var function = request.Pdu.Span[0];
        if (isReadOnly && !IsRead(request.Pdu.Span))
        {
            return ModbusRefusal.Write(responsePdu.Span, function, ExceptionCode.IllegalFunction);
        }

        var outcome = await relay(request.UnitId, request.Pdu, responsePdu, cancellationToken);
        return outcome.Status switch
        {
            RelayStatus.Answered => outcome.Length,
            _ when isSilent => 0,
            RelayStatus.NoAnswer => ModbusRefusal.Write(responsePdu.Span, function, ExceptionCode.GatewayTargetDeviceFailedToRespond),
            RelayStatus.Busy => ModbusRefusal.Write(responsePdu.Span, function, ExceptionCode.ServerDeviceBusy),
            _ => ModbusRefusal.Write(responsePdu.Span, function, ExceptionCode.GatewayPathUnavailable),
        };
    }

    // Diagnostics can restart a device, and what is not of the standard may do anything.
    private static bool IsRead(ReadOnlySpan<byte> pdu) => (FunctionCode)pdu[0] switch
    {
        FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs or FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters => true,
        FunctionCode.ReadExceptionStatus or FunctionCode.ReportServerId or FunctionCode.ReadFileRecord or FunctionCode.ReadFifoQueue => true,
        FunctionCode.EncapsulatedInterface => pdu is [_, ReadDeviceIdentification, ..],
        _ => false,
    };
}
