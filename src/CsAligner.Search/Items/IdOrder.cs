namespace CsAligner.Search.Items;

/// <summary>Orders ids by the bytes of their UTF-8, as every store does.</summary>
internal sealed class IdOrder : IComparer<string>
{
    public static IdOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        int same = a.CommonPrefixLength(b);
        if (same == a.Length || same == b.Length) return a.Length.CompareTo(b.Length);

        // UTF-16 puts surrogates (U+10000 and above) before U+E000 to U+FFFF, UTF-8 behind.
        return Rank(a[same]).CompareTo(Rank(b[same]));
    }

    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
