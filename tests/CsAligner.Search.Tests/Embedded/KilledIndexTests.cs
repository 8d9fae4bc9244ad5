using CsAligner.Kills;
using CsAligner.Testing;

namespace CsAligner.Search.Tests.Embedded;

/// <summary>A short form of <c>CsAligner.Kills index</c>.</summary>
public sealed class KilledIndexTests
{
    [Fact]
    public void Nothing_acknowledged_is_lost_to_eight_kills()
    {
        using var folder = new TemporaryFolder();
        string said = new IndexKillRunner(folder["index"], seed: 5).Run(8);
        Assert.Contains("8 kills", said, StringComparison.Ordinal);
        TestContext.Current.SendDiagnosticMessage(said);
    }
}
