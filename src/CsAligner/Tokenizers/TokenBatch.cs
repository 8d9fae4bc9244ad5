namespace CsAligner.Tokenizers;

/// <summary>Token lists of one length, ready for a text tower. Row-major: row i is text i.</summary>
public sealed class TokenBatch
{
    internal TokenBatch(int count, int contextLength, bool paddedLeft = false)
        : this(new int[checked(count * contextLength)], new int[count], contextLength, paddedLeft)
    {
    }

    private TokenBatch(int[] ids, int[] lengths, int contextLength, bool paddedLeft) =>
        (Ids, Lengths, ContextLength, PaddedLeft) = (ids, lengths, contextLength, paddedLeft);

    /// <summary>[Count * ContextLength] ids: start token, words, end token, padding (or padding first, <see cref="PaddedLeft"/>).</summary>
    public int[] Ids { get; }

    /// <summary>[Count] how many ids of each row are not padding; the end token is the last of them.</summary>
    public int[] Lengths { get; }

    /// <summary>Ids to a row.</summary>
    public int ContextLength { get; }

    /// <summary>Whether padding stands before a text's ids; mostly it stands behind them.</summary>
    public bool PaddedLeft { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Lengths.Length;

    /// <summary>The ids of one text, padding included.</summary>
    public ReadOnlySpan<int> Row(int index) => Ids.AsSpan(index * ContextLength, ContextLength);

    /// <summary>The ids of one text without padding.</summary>
    public ReadOnlySpan<int> Text(int index) => Row(index).Slice(PaddedLeft ? ContextLength - Lengths[index] : 0, Lengths[index]);

    /// <summary>[Count * ContextLength] 1 where an id belongs to its text, 0 where it is padding.</summary>
    public long[] AttentionMask()
    {
        var mask = new long[Ids.Length];
        for (int i = 0; i < Count; i++)
            mask.AsSpan((i * ContextLength) + (PaddedLeft ? ContextLength - Lengths[i] : 0), Lengths[i]).Fill(1);
        return mask;
    }

    /// <summary>The same texts in the shortest rows that hold them all: for models that take rows of any length.</summary>
    public TokenBatch Trim()
    {
        int longest = Math.Max(1, Lengths.AsSpan().IsEmpty ? 0 : Lengths.Max());
        if (longest == ContextLength)
            return this;
        var trimmed = new TokenBatch(Count, longest, PaddedLeft);
        Lengths.CopyTo(trimmed.Lengths, 0);
        for (int i = 0; i < Count; i++)
            (PaddedLeft ? Row(i)[^longest..] : Row(i)[..longest]).CopyTo(trimmed.Ids.AsSpan(i * longest));
        return trimmed;
    }

    /// <summary>Some of the texts, or this where they are all of them.</summary>
    internal TokenBatch Slice(int start, int count) => count == Count
        ? this
        : new(Ids[(start * ContextLength)..((start + count) * ContextLength)], Lengths[start..(start + count)], ContextLength, PaddedLeft);

    /// <summary>The texts with these numbers.</summary>
    internal TokenBatch Take(ReadOnlySpan<int> texts)
    {
        var taken = new TokenBatch(texts.Length, ContextLength, PaddedLeft);
        for (int i = 0; i < texts.Length; i++)
        {
            Row(texts[i]).CopyTo(taken.Ids.AsSpan(i * ContextLength));
            taken.Lengths[i] = Lengths[texts[i]];
        }

        return taken;
    }

    /// <summary>Writes one text's ids into its row and fills the rest up.</summary>
    internal void Set(int index, ReadOnlySpan<int> ids, int paddingId)
    {
        Span<int> row = Ids.AsSpan(index * ContextLength, ContextLength);
        int first = PaddedLeft ? ContextLength - ids.Length : 0;
        row.Fill(paddingId);
        ids.CopyTo(row[first..]);
        Lengths[index] = ids.Length;
    }
}
