using Gateway.Abstractions.Definitions;

namespace Gateway.Abstractions.Drivers;

/// <summary>
/// A bus that goes on while some of its devices change. Any other is closed, and opened anew, with each change of its map.
/// </summary>
public interface IReloadableBus : IBus
{
    /// <summary>
    /// Takes up another definition, of which the bus's own keys are the same. What is the same in it is the same object as before: a device, a
    /// point, or the settings of a device of which only points have changed. That goes on as it is; an output keeps its level. Readers of a
    /// device that is the same remain in use. Called between two calls; an <see cref="IListeningBus"/> goes on listening meanwhile. Trouble with
    /// the hardware does not fail it; where it throws all the same, the bus is closed and opened anew.
    /// </summary>
    ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken);
}
