using Gateway.Commands;
using Gateway.Hosting;

using var signals = new TerminationSignals();
return await CommandLine.RunAsync(args, Console.Out, Console.Error, signals.Token);
