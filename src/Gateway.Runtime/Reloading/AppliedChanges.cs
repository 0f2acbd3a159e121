namespace Gateway.Runtime.Reloading;

/// <summary>What was done to make new maps run.</summary>
/// <param name="Started">Buses that were opened.</param>
/// <param name="Stopped">Buses that were closed.</param>
/// <param name="Devices">The devices that are others now on buses that went on: added, changed or gone.</param>
internal readonly record struct AppliedChanges(int Started, int Stopped, IReadOnlyList<string> Devices);
