using System.Net.Sockets;
using NModbus.IO;

namespace NModbus.IO
{
    public interface IStreamResource : IDisposable
    {
        int InfiniteTimeout { get; }

        int ReadTimeout { get; set; }

        int WriteTimeout { get; set; }

        void DiscardInBuffer();

        int Read(byte[] buffer, int offset, int count);

        void Write(byte[] buffer, int offset, int count);
    }
}

namespace NModbus.Utility
{
    public static class ModbusUtility
    {
        /// <summary>Modbus over Serial Line 1.02, appendix B: low byte first.</summary>
        public static byte[] CalculateCrc(byte[] data)
        {
            var crc = 0xFFFF;
            foreach (var value in data)
            {
                crc ^= value;
                for (var bit = 0; bit < 8; bit++)
                {
                    crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
                }
            }

            return [(byte)crc, (byte)(crc >> 8)];
        }
    }
}

namespace NModbus
{
    public interface IModbusMessage
    {
        byte FunctionCode { get; set; }

        byte SlaveAddress { get; set; }

        byte[] MessageFrame { get; }

        byte[] ProtocolDataUnit { get; }

        ushort TransactionId { get; set; }

        void Initialize(byte[] frame);
    }

    public interface IModbusTransport : IDisposable
    {
        int Retries { get; set; }

        uint RetryOnOldResponseThreshold { get; set; }

        bool SlaveBusyUsesRetryCount { get; set; }

        int ReadTimeout { get; set; }

        int WriteTimeout { get; set; }

        T UnicastMessage<T>(IModbusMessage message)
            where T : IModbusMessage, new();

        void Write(IModbusMessage message);
    }

    public interface IModbusMaster : IDisposable
    {
        IModbusTransport Transport { get; }
    }

    public interface IModbusSerialMaster : IModbusMaster;

    public interface IModbusSerialTransport : IModbusTransport;

    public interface IModbusRtuTransport : IModbusSerialTransport;

    public interface IModbusFunctionService;

    public interface IModbusFactory
    {
        IModbusFunctionService? GetFunctionService(byte functionCode);

        IModbusSerialMaster CreateMaster(IModbusSerialTransport transport);

        IModbusMaster CreateMaster(TcpClient client);

        IModbusRtuTransport CreateRtuTransport(IStreamResource streamResource);
    }

    public sealed class SlaveException(byte slaveExceptionCode) : Exception
    {
        public byte SlaveExceptionCode => slaveExceptionCode;
    }
}
