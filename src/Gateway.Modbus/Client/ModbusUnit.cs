namespace Gateway.Modbus.Client;

/// <summary>Whom a request is for.</summary>
/// <param name="Id">The unit id: 1 to 247 on a serial line, where 0 is the broadcast; 0 to 255 over TCP.</param>
/// <param name="ResponseTimeout">How long this device may take to answer; null: as the client's options say.</param>
public readonly record struct ModbusUnit(byte Id, TimeSpan? ResponseTimeout = null);
