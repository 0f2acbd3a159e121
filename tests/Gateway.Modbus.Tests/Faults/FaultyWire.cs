using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Faults;

/// <summary>What a wire does to what is written to it, each with a share of the writes.</summary>
internal sealed record WireFaults
{
    public double Lost { get; init; }

    public double BytesLost { get; init; }

    public double BitsFlipped { get; init; }

    public int MaxFlippedBits { get; init; } = 1;

    public double Noise { get; init; }

    public double Doubled { get; init; }

    public double Split { get; init; }

    public double Delayed { get; init; }

    public TimeSpan MaxDelay { get; init; }

    public double Cut { get; init; }
}

/// <summary>Two ends of a wire that damages what passes. One thread.</summary>
internal sealed class FaultyWire
{
    private static readonly TimeSpan MaxGap = TimeSpan.FromMilliseconds(30);

    private readonly ManualTimeProvider _time;
    private readonly Random _random;

    public FaultyWire(ManualTimeProvider time, Random random, WireFaults toServer, WireFaults toClient)
    {
        _time = time;
        _random = random;
        Client = new(this, toServer);
        Server = new(this, toClient);
        (Client.Peer, Server.Peer) = (Server, Client);
    }

    public End Client { get; }

    public End Server { get; }

    private void Transmit(byte[] bytes, WireFaults faults, End receiver)
    {
        var chance = _random.NextDouble();
        if (Hits(faults.Lost))
            return;
        if (Hits(faults.Cut))
        {
            if (!receiver.IsReceiving)
                receiver.Deliver(bytes[.._random.Next(bytes.Length)]);
            Client.Dispose();
        }
        else if (Hits(faults.BytesLost))
        {
            var start = _random.Next(bytes.Length);
            var count = Math.Min(_random.Next(1, 4), bytes.Length - start);
            Deliver([.. bytes[..start], .. bytes[(start + count)..]], TimeSpan.Zero);
        }
        else if (Hits(faults.BitsFlipped))
        {
            // Different bits: two flips of one bit are none.
            foreach (var bit in Enumerable.Range(0, 8 * bytes.Length).OrderBy(_ => _random.Next()).Take(_random.Next(1, faults.MaxFlippedBits + 1)))
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Deliver(bytes, TimeSpan.Zero);
        }
        else if (Hits(faults.Noise))
        {
            var noise = new byte[_random.Next(1, 6)];
            _random.NextBytes(noise);
            Deliver([.. noise, .. bytes], TimeSpan.Zero);
        }
        else if (Hits(faults.Doubled))
        {
            Deliver([.. bytes, .. bytes], TimeSpan.Zero);
        }
        else if (Hits(faults.Split))
        {
            _ = DeliverPartsAsync(bytes, receiver);
        }
        else
        {
            Deliver(bytes, Hits(faults.Delayed) ? faults.MaxDelay * _random.NextDouble() : TimeSpan.Zero);
        }

        bool Hits(double share) => (chance -= share) < 0;

        void Deliver(byte[] all, TimeSpan delay) => _ = DeliverLaterAsync(all, delay, receiver);
    }

    // A frame may overtake another one, as those of several devices do, but not come between another one's bytes.
    private async Task DeliverLaterAsync(byte[] bytes, TimeSpan delay, End receiver)
    {
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, _time);
        while (receiver.IsReceiving)
            await Task.Delay(MaxGap, _time);
        receiver.Deliver(bytes);
    }

    private async Task DeliverPartsAsync(byte[] bytes, End receiver)
    {
        while (receiver.IsReceiving)
            await Task.Delay(MaxGap, _time);
        receiver.IsReceiving = true;
        for (var start = 0; start < bytes.Length;)
        {
            var count = _random.Next(1, bytes.Length - start + 1);
            receiver.Deliver(bytes[start..(start + count)]);
            start += count;
            await Task.Delay(MaxGap * _random.NextDouble(), _time);
        }

        receiver.IsReceiving = false;
    }

    /// <summary>One end.</summary>
    internal sealed class End(FaultyWire wire, WireFaults faults) : Stream
    {
        private readonly MemoryStream _incoming = new();
        private int _taken;
        private bool _isClosed;
        private TaskCompletionSource? _waiting;

        public End Peer { get; set; } = null!;

        /// <summary>Whether a frame comes in parts.</summary>
        public bool IsReceiving { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Deliver(byte[] bytes)
        {
            if (_isClosed || bytes.Length == 0)
                return;

            _incoming.Position = _incoming.Length;
            _incoming.Write(bytes);
            Wake();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var registration = cancellationToken.UnsafeRegister(static end => ((End)end!).Wake(), this);
            while (_taken == _incoming.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_isClosed)
                    return 0;
                _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

                // A token's cancellation comes from another thread, and may have missed it.
                if (cancellationToken.IsCancellationRequested)
                    Wake();
                await _waiting.Task;
            }

            _incoming.Position = _taken;
            var count = _incoming.Read(buffer.Span);
            _taken += count;
            if (_taken == _incoming.Length)
            {
                _incoming.SetLength(0);
                _taken = 0;
            }

            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isClosed)
                return ValueTask.FromException(new IOException("The wire is cut."));

            wire.Transmit(buffer.ToArray(), faults, Peer);
            return ValueTask.CompletedTask;
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isClosed)
            {
                _isClosed = true;
                Wake();
                Peer.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Wake()
        {
            _waiting?.TrySetResult();
        }
    }
}
