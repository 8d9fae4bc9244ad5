using System.Runtime.InteropServices;
using CsAligner.Data.Interop;
using CsAligner.Data.Packages;

namespace CsAligner.Data.Tests.Packages;

public class DuckDbPackageTests
{
    [Fact]
    public void Each_system_has_one_pin_of_its_own()
    {
        Assert.Equal(["linux-arm64", "linux-x64", "osx-arm64", "osx-x64", "win-arm64", "win-x64"], DuckDbLibrary.Packages.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(6, DuckDbLibrary.Packages.Values.Select(package => package.Name).Distinct().Count());
        Assert.Equal(6, DuckDbLibrary.Packages.Values.Select(package => package.Integrity).Distinct().Count());
        Assert.All(DuckDbLibrary.Packages, pin =>
        {
            NpmPackage.Validate(pin.Value);
            string name = pin.Key.Replace("win-", "win32-", StringComparison.Ordinal).Replace("osx", "darwin", StringComparison.Ordinal);
            Assert.Equal($"@duckdb/node-bindings-{name}", pin.Value.Name);
        });
    }

    [Theory]
    [InlineData("linux-x64", Architecture.X64, "linux-x64")]
    [InlineData("debian.12-arm64", Architecture.Arm64, "linux-arm64")]
    [InlineData("osx-arm64", Architecture.Arm64, "osx-arm64")]
    [InlineData("osx.15-x64", Architecture.X64, "osx-x64")]
    [InlineData("win-x64", Architecture.X64, "win-x64")]
    [InlineData("win10-arm64", Architecture.Arm64, "win-arm64")]
    [InlineData("linux-musl-x64", Architecture.X64, null)]
    [InlineData("alpine.3.20-x64", Architecture.X64, null)]
    [InlineData("freebsd-x64", Architecture.X64, null)]
    [InlineData("linux-arm", Architecture.Arm, null)]
    [InlineData("linux-s390x", Architecture.S390x, null)]
    [InlineData("win-x86", Architecture.X86, null)]
    public void A_system_finds_its_pin_or_none(string identifier, Architecture processor, string? pin) =>
        Assert.Equal(pin is null ? null : DuckDbLibrary.Packages[pin], DuckDbLibrary.PackageFor(identifier, processor));

    [Fact]
    public void A_system_without_one_is_told_what_to_do() => Assert.Contains("set CSALIGN_DUCKDB to its file", DuckDbLibrary.NoPackage, StringComparison.Ordinal);
}
