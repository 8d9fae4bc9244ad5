using System.CommandLine;
using System.Globalization;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Evaluation;
using CsAligner.Reports.Drawing;
using CsAligner.Studies.Toy;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// <c>csalign toy</c>: the paper's argument on Gaussians whose truth is known. Writes toy.svg, toy.png and toy.md:
/// three cases of one mutual information that lie apart, on one centre, and nowhere apart at all.
/// </summary>
internal static class ToyVerb
{
    public static Command Create(CommandRunner runner)
    {
        Option<string> output = CommonOptions.RequiredPath("--out", PathRole.OutputFolder, "The folder to write to");
        Option<ulong> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("toy", "Show with Gaussians what the divergence sees and mutual information does not") { output, seed, json };
        runner.SetAction(command, (parsed, session) =>
        {
            string folder = parsed.GetRequiredValue(output);
            ulong drawn = parsed.GetValue(seed);
            using var held = OutputLock.OfFolder(folder);
            ToyResult[] results = [.. ToyCase.All.Select(toy => ToyResult.Of(toy, drawn))];
            bool drawnToo = ToyFiles.Write(session, folder, results, drawn);
            if (parsed.GetValue(json))
            {
                session.PrintJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("seed", drawn);
                    writer.WriteNumber("rows", ToyResult.Rows);
                    writer.WriteNumber("bandwidth", ToyResult.Bandwidth);
                    writer.WriteStartArray("cases");
                    foreach (ToyResult result in results) result.WriteJson(writer);
                    writer.WriteEndArray();
                    writer.WriteEndObject();
                });
            }
            else
            {
                session.Terminal.WriteTable(TableOf(results));
            }

            session.Terminal.Say($"toy.svg, {(drawnToo ? "toy.png, " : "")}toy.md written to {folder}");
        });
        return command;
    }

    private static TextTable TableOf(IReadOnlyList<ToyResult> results)
    {
        var table = new TextTable(new TextColumn("case"), "information", "D_CS", "KL")
        {
            Caption = "estimate (closed form), nats; off-diagonal, sigma "
                + $"= {ToyResult.Bandwidth.ToString(CultureInfo.InvariantCulture)}, {ToyResult.Rows} pairs",
        };
        foreach (ToyResult result in results)
            table.Row(result.Case.Name, Both(result.MutualInformation), Both(result.CauchySchwarz), Both(result.SymmetricKl));
        return table;

        static string Both(ToyValue value) => $"{NumberText.Fixed(value.Estimate, 2)} ({NumberText.Fixed(value.Exact, 2)})";
    }
}
