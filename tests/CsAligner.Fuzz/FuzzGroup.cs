namespace CsAligner.Fuzz;

/// <summary>Targets that are fuzzed together and share a corpus file.</summary>
internal sealed record FuzzGroup(string Name, IReadOnlyList<FuzzTarget> Targets)
{
    public FuzzTarget Target(string name) => Targets.Single(target => target.Name == name);
}
