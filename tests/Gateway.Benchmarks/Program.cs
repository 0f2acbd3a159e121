using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Gateway.Benchmarks;

if (args is ["client", .. var arguments])
{
    await ClientPublishing.RunAsync(arguments);
    return;
}

if (args is ["modbus", .. var reading])
{
    await ModbusReading.RunAsync(reading);
    return;
}

if (args is ["sensors", .. var polling])
{
    await SensorPolling.RunAsync(polling);
    return;
}

if (args is ["inserts", .. var inserting])
{
    QueueInserts.Run(inserting);
    return;
}

if (args is ["thinning", .. var thinning])
{
    await QueueThinning.RunAsync(thinning);
    return;
}

// In this process: the generated projects of the default toolchain would not build under the repository's rules.
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
