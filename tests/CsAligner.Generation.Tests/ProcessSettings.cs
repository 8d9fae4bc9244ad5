namespace CsAligner.Generation.Tests;

/// <summary>Tests that change settings of the whole process run alone.</summary>
[CollectionDefinition("process settings", DisableParallelization = true)]
public sealed class ProcessSettings;
