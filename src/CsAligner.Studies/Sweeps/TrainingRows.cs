using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Sweeps;

/// <summary>What a cell knows of the rows that it is fitted to: which are pairs, and which know nothing of each other.</summary>
internal sealed record TrainingRows
{
    private const string AllName = "all", ApartName = "apart", OwnName = "own";

    // The stream of a seed that rows are drawn by.
    private const ulong Stream = 1000;

    private const int FewestPairs = 2;

    /// <summary>Images of one half and texts of the other, so that no row has its partner among the others.</summary>
    public bool Apart { get; init; }

    /// <summary>The rows of the test itself, in another order and without pairs: transductive.</summary>
    public bool Own { get; init; }

    /// <summary>The number of pairs; null for <see cref="Fraction"/>.</summary>
    public int? Count { get; init; }

    /// <summary>The share of the pairs.</summary>
    public double Fraction { get; init; } = 1;

    /// <summary>The most images and the most texts without a partner beside the pairs, no two of one pair.</summary>
    public int? Unpaired { get; init; }

    /// <summary>Whether all other pairs are beside the pairs, as images and texts that know nothing of each other.</summary>
    public bool UnpairedRest { get; init; }

    /// <summary>Whether there are pairs.</summary>
    public bool HasPairs => !Apart && !Own;

    /// <summary>What of it does not go together, in words; null if everything does.</summary>
    public string? Misfit
    {
        get
        {
            if (Fraction is not (> 0 and <= 1)) return $"pairs_fraction must be above 0 and at most 1, got {Fraction}";
            if (Fraction < 1 && (Count is not null || !HasPairs))
                return "\"pairs\" and \"pairs_fraction\" exclude each other; give one of them";
            if (Unpaired is not null && UnpairedRest) return "\"unpaired\" and \"unpaired_rest\" exclude each other; give one of them";
            return (Unpaired is not null || UnpairedRest) && !HasPairs
                ? $"all rows are without a partner if \"pairs\" is \"{this}\"; leave \"unpaired\" and \"unpaired_rest\" out"
                : null;
        }
    }

    /// <summary>A whole number of at least 1; null for anything else.</summary>
    public static int? ReadCount(JsonElement value) =>
        LenientJson.TryGetWhole(value, out long number) && number is >= 1 and <= int.MaxValue ? (int)number : null;

    /// <summary>With the value of a case's <c>pairs</c>.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public TrainingRows With(JsonElement pairs)
    {
        string? word = pairs.ValueKind == JsonValueKind.String ? pairs.GetString() : null;
        int? count = ReadCount(pairs);
        if (word is not (AllName or ApartName or OwnName) && count is null or < FewestPairs)
            throw new InputException($"\"pairs\": expected {AllName}, {ApartName}, {OwnName} or a whole number of at least {FewestPairs}, "
                + $"got {StrictJson.Describe(pairs)}");
        return this with { Count = count, Apart = word == ApartName, Own = word == OwnName };
    }

    /// <summary>The rows under a seed.</summary>
    /// <param name="images">[N, D]; of the test if these are its <see cref="Own"/>.</param>
    /// <param name="texts">[N, E], row i the partner of row i.</param>
    /// <param name="seed">Draws them.</param>
    public DrawnRows Draw(Tensor images, Tensor texts, ulong seed)
    {
        int count = images.Rows, kept = Count ?? Math.Max(Math.Min(FewestPairs, count), (int)Math.Round(Fraction * count));
        if (kept > count) throw new InputException($"\"pairs\": {kept} are more than the {count} that there are to train on");
        int[] all = [.. Enumerable.Range(0, count)], order = [.. all];
        if (kept < count || !HasPairs) new RandomGenerator(seed).Split(Stream).Shuffle<int>(order);
        if (Own) return new DrawnRows(images, texts, [], all, order);
        if (Apart) return new DrawnRows(images, texts, [], Sorted(order[..(count / 2)]), Sorted(order[(count / 2)..]));
        int[] rest = order[kept..];
        int unpaired = Math.Min(Unpaired ?? 0, rest.Length / 2);
        return UnpairedRest
            ? new DrawnRows(images, texts, Sorted(order[..kept]), Sorted(rest), Sorted(rest))
            : new DrawnRows(images, texts, Sorted(order[..kept]), Sorted(rest[..unpaired]), Sorted(rest[unpaired..(2 * unpaired)]));
    }

    /// <inheritdoc/>
    public override string ToString() => Own ? OwnName : Apart ? ApartName : AllName;

    private static int[] Sorted(int[] rows) => [.. rows.Order()];
}
