using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Gpio;

/// <summary>Why the kernel does not give lines that were asked for together.</summary>
/// <param name="Reason">A term of <see cref="BusReasons"/>.</param>
/// <param name="Fault">What to tell, and to throw where none of the lines may be left out.</param>
/// <param name="Lines">Whom it is about; none: the kernel does not say.</param>
internal sealed record LineRefusal(string Reason, LinuxException Fault, IReadOnlyList<int> Lines);
