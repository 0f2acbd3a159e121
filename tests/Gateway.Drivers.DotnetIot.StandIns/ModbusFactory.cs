using System.Buffers.Binary;
using System.Net.Sockets;
using NModbus.IO;
using NModbus.Utility;

namespace NModbus;

/// <summary>Masters that speak Modbus TCP over a socket and RTU over a stream, for what a test asks of them.</summary>
public sealed class ModbusFactory : IModbusFactory
{
    /// <summary>The functions whose answers have their length in the third byte, which are those that NModbus reads.</summary>
    public IModbusFunctionService? GetFunctionService(byte functionCode) => functionCode is >= 1 and <= 4 ? new Function() : null;

    public IModbusSerialMaster CreateMaster(IModbusSerialTransport transport) => new Master(transport);

    public IModbusMaster CreateMaster(TcpClient client) => new Master(new TcpTransport(client));

    public IModbusRtuTransport CreateRtuTransport(IStreamResource streamResource) => new RtuTransport(streamResource);

    private sealed class Function : IModbusFunctionService;

    private sealed class Master(IModbusTransport transport) : IModbusSerialMaster
    {
        public IModbusTransport Transport => transport;

        public void Dispose() => transport.Dispose();
    }

    private abstract class Transport : IModbusRtuTransport
    {
        public int Retries { get; set; } = 3;

        public uint RetryOnOldResponseThreshold { get; set; }

        public bool SlaveBusyUsesRetryCount { get; set; }

        public abstract int ReadTimeout { get; set; }

        public abstract int WriteTimeout { get; set; }

        public T UnicastMessage<T>(IModbusMessage message)
            where T : IModbusMessage, new()
        {
            Write(message);
            var frame = ReadFrame(message);
            if ((frame[1] & 0x80) != 0)
            {
                throw new SlaveException(frame[2]);
            }

            var answer = new T();
            answer.Initialize(frame);
            return answer;
        }

        public abstract void Write(IModbusMessage message);

        public abstract void Dispose();

        protected abstract byte[] ReadFrame(IModbusMessage request);
    }

    private sealed class TcpTransport(TcpClient client) : Transport
    {
        private const int HeaderLength = 6;

        private ushort _transaction;

        public override int ReadTimeout
        {
            get => client.GetStream().ReadTimeout;
            set => client.GetStream().ReadTimeout = value;
        }

        public override int WriteTimeout
        {
            get => client.GetStream().WriteTimeout;
            set => client.GetStream().WriteTimeout = value;
        }

        public override void Write(IModbusMessage message)
        {
            var frame = new byte[HeaderLength + message.MessageFrame.Length];
            BinaryPrimitives.WriteUInt16BigEndian(frame, ++_transaction);
            frame[5] = (byte)message.MessageFrame.Length;
            message.MessageFrame.CopyTo(frame, HeaderLength);
            client.GetStream().Write(frame);
        }

        public override void Dispose() => client.Dispose();

        // Those of requests that were given up come first.
        protected override byte[] ReadFrame(IModbusMessage request)
        {
            while (true)
            {
                var header = new byte[HeaderLength];
                client.GetStream().ReadExactly(header);
                var frame = new byte[header[5]];
                client.GetStream().ReadExactly(frame);
                var behind = _transaction - BinaryPrimitives.ReadUInt16BigEndian(header);
                if (behind == 0)
                {
                    return frame;
                }

                if (behind > RetryOnOldResponseThreshold)
                {
                    throw new IOException("The answer is none to this request.");
                }
            }
        }
    }

    private sealed class RtuTransport(IStreamResource stream) : Transport
    {
        public override int ReadTimeout
        {
            get => stream.ReadTimeout;
            set => stream.ReadTimeout = value;
        }

        public override int WriteTimeout
        {
            get => stream.WriteTimeout;
            set => stream.WriteTimeout = value;
        }

        public override void Write(IModbusMessage message)
        {
            stream.DiscardInBuffer();
            byte[] frame = [.. message.MessageFrame, .. ModbusUtility.CalculateCrc(message.MessageFrame)];
            stream.Write(frame, 0, frame.Length);
        }

        public override void Dispose() => stream.Dispose();

        // NModbus gives an answer with its checksum, a refusal by its code.
        protected override byte[] ReadFrame(IModbusMessage request)
        {
            var head = Read(3);
            return [.. head, .. Read((head[1] & 0x80) != 0 ? 2 : head[2] + 2)];
        }

        private byte[] Read(int count)
        {
            var bytes = new byte[count];
            for (var read = 0; read < count;)
            {
                var now = stream.Read(bytes, read, count - read);
                read += now > 0 ? now : throw new TimeoutException("Nothing came.");
            }

            return bytes;
        }
    }
}
