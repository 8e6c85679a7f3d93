import ArgumentParser
import ConnectService
import Foundation
import Policy
import Session

/// `ra-connect policy`: what is allowed here, and who says so.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Tell what is allowed on this computer, and who says so.",
        discussion: "The policy is \(MachinePolicy.path), which belongs to root. A table [policy] in your own configuration can allow less, never more.",
        subcommands: [PolicyShow.self, PolicyCheck.self])
}

/// `ra-connect policy show`: the policy in force.
struct PolicyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Tell each setting in force, where it comes from, and what it is called in Windows.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        do {
            let policy = try MachinePolicy().load(configuration: common.config)
            print(common.json ? policy.json : policy.text)
        } catch let refusal as PolicyRefusal {
            FileHandle.standardError.write(Data((refusal.description + "\n").utf8))
            throw ArgumentParser.ExitCode(Session.ExitCode.policy.rawValue)
        } catch let invalid as ClientConfiguration.Invalid {
            throw ValidationError(invalid.description)
        }
    }
}

/// `ra-connect policy check [FILE]`: what is wrong with a policy, before it is in force.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell what is wrong with a policy, or what each of its lines comes to.",
        discussion: "Every mistake is a line on standard error: the file, the line in it, the key and what to write. Exit code 2.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The file to check (default: \(MachinePolicy.path)).", valueName: "FILE"))
    var file: String?

    func run() throws {
        do throws(PolicyError) {
            let (policy, notes) = try MachinePolicy.check(file: file ?? MachinePolicy.path)
            for note in notes { FileHandle.standardError.write(Data("note: \(note)\n".utf8)) }
            print(common.json ? policy.json : policy.text)
        } catch {
            FileHandle.standardError.write(Data((error.description + "\n").utf8))
            throw ArgumentParser.ExitCode(2)
        }
    }
}
