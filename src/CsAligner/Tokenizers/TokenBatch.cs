namespace CsAligner.Tokenizers;

/// <summary>Token lists of one length, ready for a text tower. Row-major: row i is text i.</summary>
public sealed class TokenBatch
{
    internal TokenBatch(int count, int contextLength)
        : this(new int[checked(count * contextLength)], new int[count], contextLength)
    {
    }

    private TokenBatch(int[] ids, int[] lengths, int contextLength) => (Ids, Lengths, ContextLength) = (ids, lengths, contextLength);

    /// <summary>[Count * ContextLength] ids: start token, words, end token, padding.</summary>
    public int[] Ids { get; }

    /// <summary>[Count] how many ids of each row are not padding; the end token is the last of them.</summary>
    public int[] Lengths { get; }

    /// <summary>Ids to a row.</summary>
    public int ContextLength { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Lengths.Length;

    /// <summary>The ids of one text, padding included.</summary>
    public ReadOnlySpan<int> Row(int index) => Ids.AsSpan(index * ContextLength, ContextLength);

    /// <summary>Some of the texts, or this where they are all of them.</summary>
    internal TokenBatch Slice(int start, int count) => count == Count
        ? this
        : new(Ids[(start * ContextLength)..((start + count) * ContextLength)], Lengths[start..(start + count)], ContextLength);

    /// <summary>The texts with these numbers.</summary>
    internal TokenBatch Take(ReadOnlySpan<int> texts)
    {
        var taken = new TokenBatch(texts.Length, ContextLength);
        for (int i = 0; i < texts.Length; i++)
        {
            Row(texts[i]).CopyTo(taken.Ids.AsSpan(i * ContextLength));
            taken.Lengths[i] = Lengths[texts[i]];
        }

        return taken;
    }
}
