namespace CsAligner.Adapters;

/// <summary>Where samples of several rows begin.</summary>
internal static class SampleOffsets
{
    /// <summary>The first row of each sample, a feature and its tokens, and the number of rows.</summary>
    public static int[] Of(ReadOnlySpan<int> samples, Func<int, int> tokenCount)
    {
        var offsets = new int[samples.Length + 1];
        for (int i = 0; i < samples.Length; i++) offsets[i + 1] = checked(offsets[i] + 1 + tokenCount(samples[i]));
        return offsets;
    }
}
