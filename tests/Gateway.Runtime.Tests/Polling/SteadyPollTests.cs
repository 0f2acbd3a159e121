using System.Runtime.CompilerServices;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Polling;

/// <summary>Runs alone: what other tests allocate would count.</summary>
[CollectionDefinition(nameof(SteadyPollTests), DisableParallelization = true)]
[Collection(nameof(SteadyPollTests))]
public sealed class SteadyPollTests
{
    private const int Polls = 1000;

    private readonly CountingObserver _observer = new();

    [Fact]
    public async Task Polling_over_and_over_allocates_nothing()
    {
        // Two devices of two rates each, with a healthy share of reads that do not end at once.
        DeviceDefinition[] devices =
        [
            .. new[] { "a", "b" }.Select(name => Points.Device(name, Points.Point("fast", name, 0.001), Points.Point("slow", name, 0.004))),
        ];
        await using var poller = new BusPoller(
            Points.Bus(devices), new SilentBus(), _observer, new PollOptions(), new DriverContext(TimeProvider.System, NullLogger.Instance));
        poller.Start();
        await _observer.WaitAsync(Polls);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await _observer.WaitAsync(2 * Polls);
        var perPoll = (GC.GetTotalAllocatedBytes(precise: true) - before) / Polls;

        // Without optimisation the compiler makes the state of async methods objects.
#if DEBUG
        const int Most = 1000;
#else
        const int Most = 16;
#endif
        Assert.True(perPoll < Most, $"{perPoll} B a poll");
    }

    private sealed class CountingObserver : IPollObserver
    {
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

        private readonly TaskCompletionSource[] _reached = [new(), new()];
        private int _polls;

        /// <summary>Waits for so many polls in all: as many as are measured, or twice as many.</summary>
        public Task WaitAsync(int polls) => _reached[(polls / Polls) - 1].Task.WaitAsync(Deadline);

        public void Report(in Reading reading)
        {
        }

        public void PollFinished(DeviceDefinition device)
        {
            if (++_polls % Polls == 0 && _polls <= 2 * Polls)
            {
                // Outside the loop that is measured.
                ThreadPool.QueueUserWorkItem(static reached => reached.SetResult(), _reached[(_polls / Polls) - 1], preferLocal: false);
            }
        }

        public void DeviceChanged(DeviceDefinition device, DeviceState state)
        {
        }
    }

    private sealed class SilentBus : IBus
    {
        public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new Reader(points);

        public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        /// <summary>Ends its reads on another thread, as answers from a line do.</summary>
        private sealed class Reader(IReadOnlyList<PointDefinition> points) : IPointReader
        {
            private readonly WakeSignal _answer = new(TimeProvider.System);

            public ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
            {
                foreach (var point in points)
                {
                    sink.Report(Reading.Good(point, PointValue.From(1L), default));
                }

                return AnswerAsync();
            }

            [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
            private async ValueTask<ReadOutcome> AnswerAsync()
            {
                ThreadPool.UnsafeQueueUserWorkItem(static answer => answer.Set(), _answer, preferLocal: false);
                await _answer.WaitAsync(TimeSpan.FromMinutes(1));
                return ReadOutcome.Answered;
            }
        }
    }
}
