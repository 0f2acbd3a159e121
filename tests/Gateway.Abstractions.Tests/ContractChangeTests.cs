namespace Gateway.Abstractions.Tests;

public sealed class ContractChangeTests
{
    private const string Recorded = "Contract 1.3\nA\nA: Int32 Read()\n";

    [Theory]
    [InlineData("Contract 1.3\nA\nA: Int32 Read()\n")]
    [InlineData("Contract 1.4\nA\nA: Int32 Read()\nB\n")]
    [InlineData("Contract 2.0\nA\nA: Int64 Read()\n")]
    [InlineData("Contract 1.4\nA\nA: Int32 Read()\n")]
    public void A_contract_that_is_the_same_or_has_the_version_for_its_change_is_accepted(string now) => Assert.Null(ContractChange.Refuse(Recorded, now));

    [Theory]
    [InlineData("Contract 1.3\nA\nA: Int32 Read()\nB\n", "is still 1.3: set <Version> in src/Gateway.Abstractions/Gateway.Abstractions.csproj to 1.4.0, ", "\nAdded:\n  B")]
    [InlineData("Contract 1.3\nA\n", "is still 1.3: set <Version> in src/Gateway.Abstractions/Gateway.Abstractions.csproj to 2.0.0, ", "\nChanged or removed:\n  A: Int32 Read()")]
    [InlineData("Contract 1.4\nA\nA: Int64 Read()\n", "is only 1.4: set <Version> in src/Gateway.Abstractions/Gateway.Abstractions.csproj to 2.0.0, ", "\nChanged or removed:\n  A: Int32 Read()\nAdded:\n  A: Int64 Read()")]
    public void A_contract_that_is_another_one_without_the_version_for_it_is_refused_in_a_sentence(string now, string sentence, string end)
    {
        var refusal = ContractChange.Refuse(Recorded, now);

        Assert.StartsWith("The contract of plug-ins is another one, and its version " + sentence, refusal, StringComparison.Ordinal);
        Assert.EndsWith(end, refusal, StringComparison.Ordinal);
    }
}
