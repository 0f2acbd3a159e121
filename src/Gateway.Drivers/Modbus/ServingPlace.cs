using System.Net;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial;
using Gateway.Linux.Serial;
using Gateway.Modbus;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Security;

namespace Gateway.Drivers.Modbus;

/// <summary>Where other Modbus clients find the gateway: an address, or a serial port of which it is not the master. Immutable.</summary>
public sealed record ServingPlace
{
    /// <summary>How it is reached, as maps call it: tcp, tls, rtu-over-tcp, rtu-over-udp, rtu or ascii.</summary>
    public required string Transport { get; init; }

    /// <summary>Where it listens; null on a serial port.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The keys of the serial line, <c>port</c> included; null on the network.</summary>
    public Settings? Line { get; init; }

    /// <summary>The PEM files of tls: the authorities of clients, the certificate, its key.</summary>
    public (string Authority, string Certificate, string Key)? Tls { get; init; }

    /// <summary>The serial port; null on the network.</summary>
    public string? Port => Line?.Get<string>("port");

    internal bool IsSerialPort => Line is not null;

    internal ModbusFraming Framing => ModbusTransport.FramingOf(Transport);

    internal RtuTiming? Timing => ToSettings() is { } line ? new RtuTiming(line.BaudRate, line.DataBits, line.Parity != SerialParity.None, line.StopBits) : null;

    /// <summary>Adds what is wrong with the serial line, without touching it.</summary>
    /// <param name="diagnostics">Takes the findings.</param>
    public void Validate(ICollection<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(diagnostics);
        if (Line is null)
        {
            return;
        }

        SerialLineKeys.Validate(Line, "port", diagnostics);
        if (Transport == ModbusTransport.Rtu && Line.Get<long>("data-bits") != 8)
        {
            diagnostics.Add(Diagnostic.Error(Line.Locate("data-bits"), "Modbus RTU needs 8 data bits; 7 are for Modbus ASCII"));
        }
    }

    /// <summary>Why the certificates cannot be used; null if they can, or there are none.</summary>
    public string? RefuseCertificates()
    {
        try
        {
            CreateTls();
            return null;
        }
        catch (ModbusTransportException fault)
        {
            return fault.Message;
        }
    }

    /// <summary><c>127.0.0.1:1502</c> or <c>/dev/ttyUSB1</c></summary>
    public override string ToString() => Port ?? $"{Listen}";

    /// <exception cref="ModbusTransportException">A file is missing or is no PEM of its kind.</exception>
    internal ModbusTls? CreateTls() => Tls is var (authority, certificate, key) ? new ModbusTls(authority, certificate, key) : null;

    internal SerialSettings? ToSettings()
    {
        if (Line is null)
        {
            return null;
        }

        // The standard's ASCII has 7 bits.
        var settings = SerialLineKeys.ToSettings(Line, Port!);
        return Transport == ModbusTransport.Ascii && !Line.IsWritten("data-bits") ? settings with { DataBits = 7 } : settings;
    }
}
