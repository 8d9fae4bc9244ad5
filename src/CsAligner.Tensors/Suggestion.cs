namespace CsAligner.Tensors;

/// <summary>"Did you mean": the known name that a mistyped one is nearest to.</summary>
internal static class Suggestion
{
    // A prefix of this many letters matches the whole word.
    private const int LeastPrefix = 3;

    /// <summary>The nearest name, or null if none is near: a wrong guess is worse than none.</summary>
    /// <param name="word">The typed word.</param>
    /// <param name="known">The known words; of equally near words the first is taken.</param>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string typed = word.ToLowerInvariant();
        string? nearest = null;
        int least = int.MaxValue;
        foreach (string name in known)
        {
            string lower = name.ToLowerInvariant();
            int letters = Math.Min(typed.TrimStart('-').Length, lower.TrimStart('-').Length);
            int distance = Distance(typed, lower);
            bool near = distance <= Math.Max(1, letters / 3) && distance < letters;
            if (!near && letters >= LeastPrefix && lower.StartsWith(typed, StringComparison.Ordinal)) (near, distance) = (true, letters);
            if (near && distance < least) (nearest, least) = (name, distance);
        }

        return nearest;
    }

    /// <summary>The end of a message: <c>; did you mean 'text'?</c>, or nothing.</summary>
    /// <param name="word">The typed word.</param>
    /// <param name="known">The known words.</param>
    public static string End(string word, IEnumerable<string> known) => Nearest(word, known) is { } name ? $"; did you mean '{name}'?" : "";

    // Letters added, left out, changed, or swapped with the next: of two names of a few dozen letters at most.
    private static int Distance(string first, string second)
    {
        const int TooFar = 1000;
        if (Math.Abs(first.Length - second.Length) > 8 || Math.Max(first.Length, second.Length) > 200) return TooFar;
        var distances = new int[first.Length + 1, second.Length + 1];
        for (int i = 0; i <= first.Length; i++) distances[i, 0] = i;
        for (int j = 0; j <= second.Length; j++) distances[0, j] = j;
        for (int i = 1; i <= first.Length; i++)
        {
            for (int j = 1; j <= second.Length; j++)
            {
                int changed = distances[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                int best = Math.Min(changed, 1 + Math.Min(distances[i - 1, j], distances[i, j - 1]));
                bool swapped = i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1];
                distances[i, j] = swapped ? Math.Min(best, distances[i - 2, j - 2] + 1) : best;
            }
        }

        return distances[first.Length, second.Length];
    }
}
