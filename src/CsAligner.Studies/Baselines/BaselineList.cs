using CsAligner.Tensors;

namespace CsAligner.Studies.Baselines;

/// <summary>All baselines that a recipe can name.</summary>
internal static class BaselineList
{
    public static IReadOnlyList<Baseline> All { get; } =
        [new Standardisation(), new ReAlign(), new ShrunkWhitening(), new SubspaceCoral(), new EntropicTransport(), new ShrunkCca()];

    /// <summary>The baseline of a name.</summary>
    /// <exception cref="InputException">There is none of it.</exception>
    public static Baseline Get(string name) => All.FirstOrDefault(baseline => baseline.Name == name) ?? throw Unknown(name);

    private static InputException Unknown(string name)
    {
        string[] names = [.. All.Select(baseline => baseline.Name)];
        return new($"\"baseline\": expected {string.Join(", ", names)}; got '{name}'{Suggestion.End(name, names)}");
    }
}
