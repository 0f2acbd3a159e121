using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>What judges in <c>tests/testbed</c>, which is not run here.</summary>
public sealed class TestbedTests
{
    [PeerFact(Peer.Paho)]
    public async Task What_the_checks_of_the_package_call_lost_is_lost()
    {
        var suite = Path.Combine(Repository.Root, "tests", "testbed", "guest", "suite");
        await using var tests = PeerProcess.Start(Peer.Python, ["-B", Path.Combine(suite, "test_installed.py")]);
        Assert.True(await tests.WaitForExitAsync() == 0, tests.Output);
    }
}
