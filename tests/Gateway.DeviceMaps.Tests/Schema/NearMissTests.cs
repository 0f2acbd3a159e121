using Gateway.DeviceMaps.Schema;

namespace Gateway.DeviceMaps.Tests.Schema;

public class NearMissTests
{
    // The textbook distances: of Wikipedia's articles on the Levenshtein and the Damerau-Levenshtein distance.
    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("saturday", "sunday", 3)]
    [InlineData("ca", "abc", 3)]
    [InlineData("abcd", "acbd", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    public void Distance_counts_edits_and_swaps(string a, string b, int distance)
    {
        Assert.Equal(distance, NearMiss.Distance(a, b));
        Assert.Equal(distance, NearMiss.Distance(b, a));
    }

    [Theory]
    [InlineData("adress", "address")]
    [InlineData("Baud", "baud")]
    [InlineData("bit_s", "bits")]
    [InlineData("float", "float32")]
    [InlineData("colour", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void Only_what_is_near_is_suggested(string found, string? expected) =>
        Assert.Equal(expected, NearMiss.Find(found, ["address", "baud", "bits", "float32", "y"]));
}
