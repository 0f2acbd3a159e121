namespace Gateway.DeviceMaps.Schema;

/// <summary>Guesses what was meant.</summary>
public static class NearMiss
{
    private const int LongestText = 64;

    /// <summary><c>; did you mean 'address'?</c>, or nothing where no candidate is near.</summary>
    public static string Suggest(string found, IEnumerable<string> candidates) =>
        Find(found, candidates) is { } candidate ? $"; did you mean '{candidate}'?" : "";

    /// <summary>
    /// The candidate that is nearest, if it is near: at most one edit for each three letters, or a beginning of three letters or more. Case does not count.
    /// </summary>
    internal static string? Find(string found, IEnumerable<string> candidates)
    {
        if (found.Length is 0 or > LongestText)
        {
            return null;
        }

        var allowed = Math.Max(1, found.Length / 3);
        return candidates
            .Select(candidate => (candidate, distance: Distance(found.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(pair => pair.distance <= allowed && pair.distance < pair.candidate.Length)
            .OrderBy(pair => pair.distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault()
            ?? (found.Length >= 3 ? candidates.FirstOrDefault(candidate => candidate.StartsWith(found, StringComparison.OrdinalIgnoreCase)) : null);
    }

    /// <summary>Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and swaps of neighbours.</summary>
    internal static int Distance(string a, string b)
    {
        var (beforeLast, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(substitution, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
                }
            }

            (beforeLast, last, row) = (last, row, beforeLast);
        }

        return last[b.Length];
    }
}
