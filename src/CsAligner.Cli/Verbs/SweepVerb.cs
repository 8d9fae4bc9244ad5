using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Studies.Sessions;
using CsAligner.Studies.Sweeps;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign sweep</c>: runs a recipe of many alignments and writes their table.</summary>
internal static class SweepVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string> recipePath =
            CommonOptions.Path("RECIPE.json", PathRole.Recipe, "The recipe to run; recipes/ablations has those of the published tables");
        Option<string> output =
            CommonOptions.RequiredPath("--out", PathRole.OutputFolder,
                "The folder for results.csv, results.md and charts; a stopped run there continues");
        Option<string?> features =
            CommonOptions.OptionalPath("--features", PathRole.OutputFolder,
                "The folder that keeps embedded features for the next sweep; by default features in --out");
        Option<string?> images =
            CommonOptions.OptionalPath("--images", PathRole.Rows, "Image rows to use instead of those in the recipe");
        Option<string?> texts = CommonOptions.OptionalPath("--texts", PathRole.Rows, "Text rows to use instead of those in the recipe");
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("sweep", "Run the cases, grid and seeds of a recipe, and write one table") { recipePath, output,
                features, images, texts, json };
        runner.SetAction(command, (parsed, session) =>
        {
            string path = parsed.GetRequiredValue(recipePath), folder = parsed.GetRequiredValue(output);
            var recipe = SweepRecipe.Read(path);
            bool embeds = recipe.Data.Model is not null;
            if (embeds && (parsed.GetValue(images) ?? parsed.GetValue(texts)) is not null)
                throw new UsageException(
                    $"--images and --texts are for recipes with features, but '{path}' has a model: leave them out");
            if (!embeds && parsed.GetValue(features) is not null)
                throw new UsageException($"--features is for recipes with a model, but '{path}' names features: leave it out");
            if (parsed.GetValue(images) is { } imagePath) recipe.Data = recipe.Data with { Images = imagePath };
            if (parsed.GetValue(texts) is { } textPath) recipe.Data = recipe.Data with { Texts = textPath };
            using var held = OutputLock.OfFolder(folder);
            IReadOnlyList<SweepResult> results;
            try
            {
                results = new SweepRun(session, recipe, folder, parsed.GetValue(features) ?? Path.Combine(folder, "features")).Run();
            }
            catch (OperationCanceledException stopped)
            {
                throw new StoppedException("stopped; run the same command again to continue", stopped);
            }

            var pictures = SweepPictures.Write(recipe, results, folder);
            AtomicFile.WriteAllText(Path.Combine(folder, "results.md"),
                WrittenBy.Sign(SweepTable.Markdown(recipe, results, $"csalign sweep {path} --out DIR", pictures)));
            if (parsed.GetValue(json)) session.PrintJson(writer => SweepFile.WriteJson(writer, results));
            session.Terminal.Say($"results.csv and results.md written to {folder}");
        });
        return command;
    }
}
