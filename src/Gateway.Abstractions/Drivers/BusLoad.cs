namespace Gateway.Abstractions.Drivers;

/// <summary>What polling a bus as its map asks will cost.</summary>
/// <param name="Utilisation">The share of time that the bus is busy; 1 is all of it, more cannot be done.</param>
/// <param name="Arithmetic">How it was reckoned, for people: <c>3 requests of 71 ms every 1 s</c>.</param>
public sealed record BusLoad(double Utilisation, string Arithmetic);
