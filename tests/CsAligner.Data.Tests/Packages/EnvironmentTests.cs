namespace CsAligner.Data.Tests.Packages;

/// <summary>Tests that set environment variables, which belong to the whole process: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EnvironmentTests
{
    public const string Name = "environment";
}
