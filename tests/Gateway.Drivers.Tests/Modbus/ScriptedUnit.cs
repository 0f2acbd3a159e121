using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>
/// A device on a TCP port of 127.0.0.1 whose registers show their own addresses and whose bits are set at odd ones.
/// Knows functions 1 to 6, which all have requests of 12 bytes. A test makes it misbehave.
/// </summary>
internal sealed class ScriptedUnit : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _connections = [];
    private readonly List<ReadRange> _requests = [];
    private readonly ConcurrentQueue<(NetworkStream Stream, byte[] Answer)> _heldBack = new();
    private readonly Task _accepting;

    public ScriptedUnit()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>What the device refuses, and with what.</summary>
    public Func<ReadRange, ExceptionCode> Refuse { get; set; } = _ => ExceptionCode.None;

    /// <summary>What the device does not answer at all.</summary>
    public Func<ReadRange, bool> Ignore { get; set; } = _ => false;

    /// <summary>What the device answers only when it is told to, with <see cref="ReleaseAsync"/>.</summary>
    public Func<ReadRange, bool> HoldBack { get; set; } = _ => false;

    /// <summary>After how many requests the device answers all of them, the last one first.</summary>
    public int Batch { get; set; } = 1;

    /// <summary>What its registers show above their addresses.</summary>
    public int Offset { get; set; }

    public int Connections { get; private set; }

    /// <summary>The requests since the last call.</summary>
    public ReadRange[] TakeRequests()
    {
        lock (_requests)
        {
            ReadRange[] taken = [.. _requests];
            _requests.Clear();
            return taken;
        }
    }

    /// <summary>Sends the answers that were held back.</summary>
    public async Task ReleaseAsync()
    {
        while (_heldBack.TryDequeue(out var held))
        {
            await held.Stream.WriteAsync(held.Answer, _stopping.Token);
        }
    }

    /// <summary>Closes all connections, as a device does that finds them idle.</summary>
    public void Hangup()
    {
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        _listener.Stop();
        Hangup();
        await _accepting;
        await Task.WhenAll(_connections);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                lock (_sockets)
                {
                    _sockets.Add(socket);
                }

                Connections++;
                _connections.Add(ServeAsync(new NetworkStream(socket, ownsSocket: true)));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        var request = new byte[12];
        var batch = new List<byte[]>();
        try
        {
            while (await stream.ReadAtLeastAsync(request, request.Length, throwOnEndOfStream: false, _stopping.Token) == request.Length)
            {
                if (Answer(request) is not { } answer)
                {
                    continue;
                }

                if (HoldBack(RangeOf(request)))
                {
                    _heldBack.Enqueue((stream, [.. answer]));
                    continue;
                }

                batch.Add([.. answer]);
                if (batch.Count >= Batch)
                {
                    batch.Reverse();
                    await stream.WriteAsync(batch.SelectMany(bytes => bytes).ToArray(), _stopping.Token);
                    batch.Clear();
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private static ReadRange RangeOf(byte[] request)
    {
        var function = request[7];
        var address = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(8));
        var count = function is 5 or 6 ? 1 : BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(10));
        var table = function switch
        {
            1 or 5 => ModbusTable.Coils,
            2 => ModbusTable.DiscreteInputs,
            4 => ModbusTable.InputRegisters,
            _ => ModbusTable.HoldingRegisters,
        };
        return new ReadRange(table, address, count);
    }

    // transaction(2) protocol(2) length(2) unit(1) function(1) address(2) count or value(2)
    private byte[]? Answer(byte[] request)
    {
        var function = request[7];
        var range = RangeOf(request);
        var (_, address, count) = range;
        lock (_requests)
        {
            _requests.Add(range);
        }

        if (Ignore(range))
        {
            return null;
        }

        if (Refuse(range) is var code and not ExceptionCode.None)
        {
            return Frame(request, [(byte)(function | 0x80), (byte)code]);
        }

        if (function is 5 or 6)
        {
            return request;
        }

        var isBits = function is 1 or 2;
        var data = new byte[isBits ? (count + 7) / 8 : 2 * count];
        for (var i = 0; i < count; i++)
        {
            if (!isBits)
            {
                BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2 * i), (ushort)(address + i + Offset));
            }
            else if ((address + i) % 2 != 0)
            {
                data[i / 8] |= (byte)(1 << (i % 8));
            }
        }

        return Frame(request, [function, (byte)data.Length, .. data]);
    }

    private static byte[] Frame(byte[] request, byte[] pdu) =>
        [request[0], request[1], 0, 0, (byte)((pdu.Length + 1) >> 8), (byte)(pdu.Length + 1), request[6], .. pdu];
}
